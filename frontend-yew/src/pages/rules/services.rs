//! Which services.

use crate::i18n::use_texts;
use crate::pages::parts::service_name;
use crate::ui::CheckBox;
use tollgate_contract::platform::Service;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ServiceBoxesProps {
    pub id: AttrValue,
    /// None ticked: all.
    pub services: Vec<Service>,
    pub onchange: Callback<Vec<Service>>,
}

/// A box for each service.
#[component]
pub fn ServiceBoxes(props: &ServiceBoxesProps) -> Html {
    let t = use_texts();
    let boxes = Service::ALL.map(|service| {
        let onchange = {
            let (services, onchange) = (props.services.clone(), props.onchange.clone());
            Callback::from(move |on| onchange.emit(with(&services, service, on)))
        };
        html! {
            <CheckBox key={service.as_str()} id={format!("{}-{}", props.id, service.as_str())} label={service_name(service, t)}
                on={props.services.contains(&service)} {onchange} />
        }
    });
    html! {
        <div class="flex flex-wrap items-center gap-x-5 gap-y-2">
            { for boxes }
            if props.services.is_empty() {
                <span class="text-xs text-muted">{ t.rules.services_help }</span>
            }
        </div>
    }
}

/// The list with or without one of it, in the order in which all are listed.
fn with(services: &[Service], changed: Service, on: bool) -> Vec<Service> {
    let holds = |service: &Service| {
        if *service == changed {
            on
        } else {
            services.contains(service)
        }
    };
    Service::ALL.into_iter().filter(holds).collect()
}
