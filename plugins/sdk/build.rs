//! Writes down how an answer lies in memory, from `wit/` itself: an implementation of `Lower` for each record, variant
//! and enum, and for each interface that a plugin can export the section that tells the linker so.
//!
//! wit-bindgen can do both, but it lays out the whole of a page in one function, each `text` in place: some 24 000 lines
//! that every plugin would compile and carry (see `src/lower.rs`).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use wit_component::{StringEncoding, metadata};
use wit_parser::{Resolve, Type, TypeDef, TypeDefKind, TypeOwner};

type Failed = Box<dyn std::error::Error>;

/// What a plugin can export, each by itself; `wit/` has them in worlds that import more than every plugin uses.
const EXPORTS: [&str; 5] = ["feature", "background", "live", "streaming", "migration"];

fn main() -> Result<(), Failed> {
    let wit = Path::new("../../wit/plugin");
    println!("cargo::rerun-if-changed={}", wit.display());
    let mut resolve = Resolve::default();
    resolve.push_path(wit)?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("lower.rs"), lower_all(&resolve)?)?;
    let worlds = EXPORTS.map(|name| format!("world {name} {{ export vestry:plugin/{name}@0.1.0; }}"));
    let worlds = format!("package vestry:entry;\n{}", worlds.join("\n"));
    let package = resolve.push_str("entry.wit", &worlds)?;
    for name in EXPORTS {
        let world = resolve.select_world(&[package], Some(name))?;
        let section = metadata::encode(&resolve, world, StringEncoding::UTF8, None)?;
        std::fs::write(out.join(format!("world-{name}")), section)?;
    }
    Ok(())
}

/// An implementation for each type that is not just another name.
fn lower_all(resolve: &Resolve) -> Result<String, Failed> {
    let mut code = String::new();
    for (_, def) in &resolve.types {
        if let (Some(name), TypeOwner::Interface(interface)) = (&def.name, def.owner) {
            let module = resolve.interfaces[interface].name.as_deref().ok_or("an interface without a name")?;
            let path = format!("crate::bindings::vestry::plugin::{}::{}", snake(module), camel(name));
            lower(resolve, def, &path, &mut code)?;
        }
    }
    Ok(code)
}

fn lower(resolve: &Resolve, def: &TypeDef, path: &str, code: &mut String) -> Result<(), Failed> {
    let (size, align, body) = match &def.kind {
        TypeDefKind::Type(_) | TypeDefKind::List(_) | TypeDefKind::Option(_) | TypeDefKind::Tuple(_) => return Ok(()),
        TypeDefKind::Record(record) => {
            let fields: Vec<_> =
                record.fields.iter().map(|field| (snake(&field.name), rust(resolve, &field.ty))).collect();
            let types: Vec<_> = fields.iter().map(|(_, kind)| kind.as_str()).collect();
            let each = fields.iter().map(|(name, _)| format!("at = area.field(at, self.{name});"));
            let body = format!("let mut at = at; {} let _ = at;", each.collect::<String>());
            (format!("record_size({})", layouts(&types)), format!("record_align({})", layouts(&types)), body)
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| (camel(&case.name), case.ty.map(|kind| rust(resolve, &kind))));
            let cases: Vec<_> = cases.collect();
            let types: Vec<_> = cases.iter().filter_map(|(_, kind)| kind.as_deref()).collect();
            let arms = cases.iter().zip(0..).map(|((name, kind), tag): (_, u8)| match kind {
                Some(_) => format!("Self::{name}(value) => area.case({tag}, at, payload, value),"),
                None => format!("Self::{name} => area.tag(at, {tag}),"),
            });
            let arms: String = arms.collect();
            let layouts = layouts(&types);
            let body = format!("let payload = payload_at({layouts}); match self {{ {arms} }}");
            (format!("variant_size({layouts})"), format!("record_align({layouts})"), body)
        }
        TypeDefKind::Enum(cases) => {
            let arms = cases
                .cases
                .iter()
                .zip(0..)
                .map(|(case, tag): (_, u8)| format!("Self::{} => {tag},", camel(&case.name)));
            let arms: String = arms.collect();
            ("1".to_owned(), "1".to_owned(), format!("area.tag(at, match self {{ {arms} }})"))
        }
        other => return Err(format!("{path} is {other:?}, which lower.rs has no words for yet").into()),
    };
    writeln!(
        code,
        "impl Lower for {path} {{ const SIZE: usize = {size}; const ALIGN: usize = {align}; \
         #[inline(never)] fn lower(self, area: &mut Area, at: usize) {{ {body} }} }}"
    )?;
    Ok(())
}

/// Size and alignment of each, as an array.
fn layouts(types: &[&str]) -> String {
    let each: String = types.iter().map(|kind| format!("layout::<{kind}>(),")).collect();
    format!("&[{each}]")
}

/// A type as wit-bindgen writes it in Rust.
fn rust(resolve: &Resolve, kind: &Type) -> String {
    let id = match kind {
        Type::Id(id) => *id,
        Type::String => return "String".to_owned(),
        Type::S64 => return "i64".to_owned(),
        // u8 and its like have the names that they have in Rust.
        other => return format!("{other:?}").to_lowercase(),
    };
    let def = &resolve.types[id];
    let inner = |kind: &Type| rust(resolve, kind);
    match &def.kind {
        TypeDefKind::Type(kind) => inner(kind),
        TypeDefKind::List(kind) => format!("Vec<{}>", inner(kind)),
        TypeDefKind::Option(kind) => format!("Option<{}>", inner(kind)),
        TypeDefKind::Tuple(tuple) => format!("({},)", tuple.types.iter().map(inner).collect::<Vec<_>>().join(", ")),
        _ => match (def.owner, &def.name) {
            (TypeOwner::Interface(interface), Some(name)) => {
                let module = resolve.interfaces[interface].name.as_deref().unwrap_or_default();
                format!("crate::bindings::vestry::plugin::{}::{}", snake(module), camel(name))
            }
            // A type without a name that is none of those above: the compiler then names the place.
            (owner, name) => format!("unknown::{owner:?}::{name:?}"),
        },
    }
}

fn snake(name: &str) -> String {
    name.replace('-', "_")
}

fn camel(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').map(word).collect()
}
