//! The only place that knows `js/chart.js`: hands it an element and figures, and takes the drawing away when dropped.

use super::Figures;
use crate::browser;
use crate::i18n::Locale;
use js_sys::{Array, Float64Array, Function, Object, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Element;
use yew::NodeRef;

/// A drawing; dropping it takes it away, also when it is not there yet.
pub(super) struct Drawn {
    state: Rc<RefCell<State>>,
    /// Called by the chart as long as it is there.
    _format_axis: Rc<Closure<dyn Fn(f64) -> String>>,
}

enum State {
    Loading,
    Shown(Function),
    Gone,
}

impl Drop for Drawn {
    fn drop(&mut self) {
        if let State::Shown(remove) = self.state.replace(State::Gone) {
            let _ = remove.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Draws; the chart's code is loaded first if need be.
pub(super) fn draw(node: &NodeRef, figures: &Figures, locale: Locale) -> Option<Drawn> {
    let element = node.cast::<Element>()?;
    let unit = figures.unit;
    let format_axis = Rc::new(Closure::<dyn Fn(f64) -> String>::new(move |value| {
        unit.axis(value)
    }));
    let spec = to_js(figures, locale, &format_axis).ok()?;
    let promise = browser::offered("mountChart", &element, &spec).ok()?;
    let state = Rc::new(RefCell::new(State::Loading));
    let drawn = Drawn {
        state: state.clone(),
        _format_axis: format_axis.clone(),
    };
    spawn_local(async move {
        // Who leaves while the chart's code is loading gets a drawing all the same, for a moment: it must find what it calls.
        let _needed = format_axis;
        let Ok(Ok(remove)) = JsFuture::from(promise).await.map(JsCast::dyn_into::<Function>) else {
            return;
        };
        if matches!(*state.borrow(), State::Gone) {
            let _ = remove.call0(&JsValue::UNDEFINED);
        } else {
            state.replace(State::Shown(remove));
        }
    });
    Some(drawn)
}

fn to_js(
    figures: &Figures,
    locale: Locale,
    format_axis: &Closure<dyn Fn(f64) -> String>,
) -> Result<Object, JsValue> {
    let series = Array::new();
    for line in &figures.series {
        let one = Object::new();
        set(&one, "label", &JsValue::from_str(&line.label))?;
        set(&one, "colour", &JsValue::from_str(line.colour))?;
        set(
            &one,
            "values",
            &Array::from(&Float64Array::from(line.values.as_slice())),
        )?;
        set(&one, "shown", &texts(&line.shown))?;
        series.push(&one);
    }
    let spec = Object::new();
    set(
        &spec,
        "x",
        &Array::from(&Float64Array::from(figures.x.as_slice())),
    )?;
    set(&spec, "times", &texts(&figures.times))?;
    set(&spec, "series", &series)?;
    set(&spec, "zone", &JsValue::from_str(&figures.zone))?;
    set(&spec, "locale", &JsValue::from_str(locale.tag()))?;
    set(&spec, "bars", &JsValue::from_bool(figures.bars))?;
    set(&spec, "formatAxis", format_axis.as_ref())?;
    Ok(spec)
}

fn texts(texts: &[String]) -> Array {
    texts.iter().map(|text| JsValue::from_str(text)).collect()
}

fn set(object: &Object, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(object, &JsValue::from_str(name), value).map(|_| ())
}
