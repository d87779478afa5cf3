//! Cutting a small module.

use super::*;
use walrus::RefType;

/// A module in which `app::start` and, from the table's second and third slot, `pages::keys::run` and `app::ring` call
/// `shared`; the page alone calls `its_own`.
fn whole() -> Vec<u8> {
    let mut module = Module::with_config(ModuleConfig::new());
    let mut function = |name: &str, calls: &[FunctionId]| {
        let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
        let mut body = builder.name(name.to_owned()).func_body();
        for callee in calls {
            body.call(*callee);
        }
        builder.finish(Vec::new(), &mut module.funcs)
    };
    let shared = function("app::shared", &[]);
    let its_own = function("core::its_own", &[shared]);
    let run = function(
        "yew::run::<app[0123456789abcdef]::pages::keys::Keys>",
        &[its_own, shared],
    );
    let ring = function("app::ring", &[shared]);
    let start = function("app::start", &[shared]);
    module.exports.add("start", start);
    let table = module.tables.add_local(false, 4, Some(4), RefType::FUNCREF);
    let kind = ElementKind::Active {
        table,
        offset: ConstExpr::Value(ir::Value::I32(1)),
    };
    let segment = module
        .elements
        .add(kind, ElementItems::Functions(vec![ring, run]));
    module.tables.get_mut(table).elem_segments.insert(segment);
    module.emit_wasm()
}

fn names(module: &Module) -> Vec<String> {
    let mut names: Vec<String> = module
        .funcs
        .iter_local()
        .filter_map(|(id, _)| module.funcs.get(id).name.clone())
        .map(|name| plain(&name))
        .collect();
    names.sort();
    names
}

#[test]
fn a_late_page_takes_along_what_it_alone_calls_and_gets_the_rest_from_the_first_half() {
    let halves = split(&whole(), &["app::pages::keys::".to_owned()]).unwrap();
    let (first, later) = (parse(&halves.first).unwrap(), parse(&halves.later).unwrap());
    assert_eq!(
        names(&first),
        ["app::ring", "app::shared", "app::start", "not_there_yet"]
    );
    assert_eq!(
        names(&later),
        ["core::its_own", "yew::run::<app::pages::keys::Keys>"]
    );
    let taken: Vec<&str> = later.imports.iter().map(|import| import.name.as_str()).collect();
    assert_eq!(taken.len(), 2, "one function and the table: {taken:?}");
    for name in taken {
        assert!(first.exports.iter().any(|export| export.name == name), "{name}");
    }
    let placed = later.elements.iter().next().unwrap();
    let ElementKind::Active { offset, .. } = &placed.kind else {
        unreachable!("the slots are filled at once");
    };
    assert!(
        matches!(offset, ConstExpr::Value(ir::Value::I32(2))),
        "{offset:?}"
    );
}

#[test]
fn the_same_module_is_always_cut_alike() {
    let (one, other) = (whole(), whole());
    let cut = |bytes: &[u8]| split(bytes, &["app::pages::keys::".to_owned()]).unwrap();
    assert_eq!(cut(&one).first, cut(&other).first);
    assert_eq!(cut(&one).later, cut(&other).later);
}

#[test]
fn where_no_page_is_late_nothing_moves() {
    let halves = split(&whole(), &["app::nothing::".to_owned()]).unwrap();
    let first = parse(&halves.first).unwrap();
    assert_eq!(names(&first).len(), 5, "{:?}", names(&first));
    assert!(names(&parse(&halves.later).unwrap()).is_empty());
}
