//! Cuts the module in two: what the first page needs, and the pages that load after something shows. WebAssembly knows no
//! loading of parts, so the second module takes everything that both need from the first by import: memory, table, globals and
//! functions. Calls between the two go one way by name and the other way through the table, in whose slots the second module
//! puts its functions when it is there; a slot that is used before traps.
//!
//! A function goes to the second module if nothing of the first calls it: from what is exported, and from what stands in the
//! table without being a late page's own, nothing leads to it. Whose own a function is says its name, which is why the
//! compiler must neither merge functions nor leave types out of names (see [`toolchain`](super::toolchain)).
//! Never in here: how a module is made smaller.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use walrus::ir::{self, Visitor};
use walrus::{
    ConstExpr, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalId,
    GlobalKind, ImportedFunction, MemoryId, Module, ModuleConfig, TableId,
};

/// The name under which the second module imports from the first; `boot.js` says the same.
const FROM_FIRST: &str = "p";

/// The two modules, with names, for whoever shrinks them.
pub(super) struct Halves {
    pub(super) first: Vec<u8>,
    pub(super) later: Vec<u8>,
}

/// Cuts a module. What has any of `late` in its name need not be in the first half.
pub(super) fn split(bytes: &[u8], late: &[String]) -> Result<Halves, String> {
    // Both halves begin as the whole; what is found in it is found in the same order, and so has the same names, in both.
    let first = first_half(Whole::of(bytes, late)?)?;
    let later = later_half(Whole::of(bytes, late)?)?;
    Ok(Halves { first, later })
}

/// The module before it is cut, and where the cut goes.
struct Whole {
    module: Module,
    /// The functions of the second half.
    moved: HashSet<FunctionId>,
    needs: Needs,
}

impl Whole {
    fn of(bytes: &[u8], late: &[String]) -> Result<Self, String> {
        let module = parse(bytes)?;
        let calls = calls(&module);
        let moved = moved(&module, &calls, late);
        let needs = Needs::of(&module, &calls, &moved);
        Ok(Self { module, moved, needs })
    }
}

fn parse(bytes: &[u8]) -> Result<Module, String> {
    let mut config = ModuleConfig::new();
    config
        .generate_name_section(true)
        .generate_producers_section(false);
    config.parse(bytes).map_err(|error| format!("{error:#}"))
}

/// What a function names in its code.
#[derive(Default)]
struct Mentions {
    functions: HashSet<FunctionId>,
    globals: HashSet<GlobalId>,
    tables: HashSet<TableId>,
    memories: HashSet<MemoryId>,
}

impl Visitor<'_> for Mentions {
    fn visit_function_id(&mut self, function: &FunctionId) {
        self.functions.insert(*function);
    }

    fn visit_global_id(&mut self, global: &GlobalId) {
        self.globals.insert(*global);
    }

    fn visit_table_id(&mut self, table: &TableId) {
        self.tables.insert(*table);
    }

    fn visit_memory_id(&mut self, memory: &MemoryId) {
        self.memories.insert(*memory);
    }
}

fn calls(module: &Module) -> HashMap<FunctionId, Mentions> {
    let found = module.funcs.iter_local().map(|(id, function)| {
        let mut mentions = Mentions::default();
        ir::dfs_in_order(&mut mentions, function, function.entry_block());
        (id, mentions)
    });
    found.collect()
}

/// The functions of the second half.
fn moved(module: &Module, calls: &HashMap<FunctionId, Mentions>, late: &[String]) -> HashSet<FunctionId> {
    let is_late = |id: &FunctionId| {
        let name = plain(module.funcs.get(*id).name.as_deref().unwrap_or_default());
        late.iter().any(|part| name.contains(part))
    };
    let mut roots: Vec<FunctionId> = module
        .exports
        .iter()
        .filter_map(|export| match export.item {
            ExportItem::Function(id) => Some(id),
            _ => None,
        })
        .collect();
    roots.extend(module.start);
    for element in module.elements.iter() {
        match &element.items {
            ElementItems::Functions(ids) => roots.extend(ids.iter().filter(|id| !is_late(id))),
            ElementItems::Expressions(_, values) => {
                roots.extend(values.iter().filter_map(|value| match value {
                    ConstExpr::RefFunc(id) => Some(*id),
                    _ => None,
                }));
            }
        }
    }
    let mut kept = HashSet::new();
    while let Some(id) = roots.pop() {
        if kept.insert(id)
            && let Some(mentions) = calls.get(&id)
        {
            roots.extend(&mentions.functions);
        }
    }
    calls.keys().filter(|id| !kept.contains(id)).copied().collect()
}

/// A name without the hash behind each crate's: `tollgate_web[74ce32b98b510a01]::app` as `tollgate_web::app`.
fn plain(name: &str) -> String {
    let mut parts = name.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(']') {
            Some((hash, rest)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                plain.push_str(rest);
            }
            _ => {
                plain.push('[');
                plain.push_str(part);
            }
        }
    }
    plain
}

/// What the second half takes from the first, each with the name of its export.
struct Needs {
    functions: BTreeMap<FunctionId, String>,
    globals: BTreeMap<GlobalId, String>,
    tables: BTreeMap<TableId, String>,
    memories: BTreeMap<MemoryId, String>,
}

impl Needs {
    fn of(module: &Module, calls: &HashMap<FunctionId, Mentions>, moved: &HashSet<FunctionId>) -> Self {
        let mentioned = || moved.iter().filter_map(|id| calls.get(id));
        // In order, so that the same module always gets the same names.
        let functions: BTreeSet<FunctionId> = mentioned().flat_map(|all| &all.functions).copied().collect();
        let globals: BTreeSet<GlobalId> = mentioned().flat_map(|all| &all.globals).copied().collect();
        let tables: BTreeSet<TableId> = mentioned()
            .flat_map(|all| &all.tables)
            .copied()
            .chain(module.elements.iter().filter_map(|element| match &element.kind {
                ElementKind::Active { table, .. } => Some(*table),
                _ => None,
            }))
            .collect();
        let memories: BTreeSet<MemoryId> = mentioned().flat_map(|all| &all.memories).copied().collect();
        let mut last = 0_u32;
        // Short: each name is there twice.
        let mut name = || {
            last += 1;
            format!("{last:x}")
        };
        Self {
            functions: functions
                .into_iter()
                .filter(|id| !moved.contains(id))
                .map(|id| (id, name()))
                .collect(),
            globals: globals.into_iter().map(|id| (id, name())).collect(),
            tables: tables.into_iter().map(|id| (id, name())).collect(),
            memories: memories.into_iter().map(|id| (id, name())).collect(),
        }
    }
}

fn first_half(whole: Whole) -> Result<Vec<u8>, String> {
    let Whole {
        mut module,
        moved,
        needs,
    } = whole;
    for (id, name) in &needs.functions {
        module.exports.add(name, *id);
    }
    for (id, name) in &needs.globals {
        module.exports.add(name, *id);
    }
    for (id, name) in &needs.tables {
        module.exports.add(name, *id);
    }
    for (id, name) in &needs.memories {
        module.exports.add(name, *id);
    }
    let mut nothing = FunctionBuilder::new(&mut module.types, &[], &[]);
    nothing.name("not_there_yet".to_owned()).func_body().unreachable();
    let nothing = nothing.finish(Vec::new(), &mut module.funcs);
    for element in module.elements.iter_mut() {
        if let ElementItems::Functions(ids) = &mut element.items {
            for id in ids.iter_mut().filter(|id| moved.contains(id)) {
                *id = nothing;
            }
        }
    }
    walrus::passes::gc::run(&mut module);
    if let Some(left) = moved
        .iter()
        .find(|id| module.funcs.iter().any(|f| f.id() == **id))
    {
        return Err(format!("{left:?} is still called by what loads first"));
    }
    Ok(module.emit_wasm())
}

fn later_half(whole: Whole) -> Result<Vec<u8>, String> {
    let Whole {
        mut module,
        moved,
        needs,
    } = whole;
    let exports: Vec<_> = module.exports.iter().map(walrus::Export::id).collect();
    for id in exports {
        module.exports.delete(id);
    }
    module.start = None;
    let data: Vec<_> = module.data.iter().map(walrus::Data::id).collect();
    for id in data {
        module.data.delete(id);
    }
    let imports: Vec<_> = module.imports.iter().map(walrus::Import::id).collect();
    for id in imports {
        module.imports.delete(id);
    }
    for (id, name) in &needs.functions {
        let import = module.imports.add(FROM_FIRST, name, *id);
        let ty = module.funcs.get(*id).ty();
        module.funcs.get_mut(*id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }
    for (id, name) in &needs.globals {
        let import = module.imports.add(FROM_FIRST, name, *id);
        module.globals.get_mut(*id).kind = GlobalKind::Import(import);
    }
    for (id, name) in &needs.tables {
        let import = module.imports.add(FROM_FIRST, name, *id);
        let table = module.tables.get_mut(*id);
        table.import = Some(import);
        table.elem_segments.clear();
    }
    for (id, name) in &needs.memories {
        let import = module.imports.add(FROM_FIRST, name, *id);
        let memory = module.memories.get_mut(*id);
        memory.import = Some(import);
        memory.data_segments.clear();
    }
    take_slots(&mut module, &moved)?;
    walrus::passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

/// Replaces the table's segments by those of the functions that moved, a segment for each run of them.
fn take_slots(module: &mut Module, moved: &HashSet<FunctionId>) -> Result<(), String> {
    let mut runs: Vec<(TableId, i32, Vec<FunctionId>)> = Vec::new();
    let mut old = Vec::new();
    for element in module.elements.iter() {
        old.push(element.id());
        let (ElementKind::Active { table, offset }, ElementItems::Functions(ids)) =
            (&element.kind, &element.items)
        else {
            continue;
        };
        let ConstExpr::Value(ir::Value::I32(start)) = offset else {
            return Err("a segment of the table has no fixed place".to_owned());
        };
        let mut open = false;
        for (at, id) in (*start..).zip(ids) {
            if !moved.contains(id) {
                open = false;
                continue;
            }
            match runs.last_mut().filter(|_| open) {
                Some((_, _, run)) => run.push(*id),
                None => runs.push((*table, at, vec![*id])),
            }
            open = true;
        }
    }
    for id in old {
        module.elements.delete(id);
    }
    for (table, at, ids) in runs {
        let kind = ElementKind::Active {
            table,
            offset: ConstExpr::Value(ir::Value::I32(at)),
        };
        let id = module.elements.add(kind, ElementItems::Functions(ids));
        module.tables.get_mut(table).elem_segments.insert(id);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
