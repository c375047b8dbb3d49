//! What the component answers is, on the host's side, what its functions answer natively: every block, cell and input of
//! the style guide comes through as it was. This is the test of how the SDK lays answers into memory.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use vestry_contract::{background, exchange as host, feature, live, migration, streaming, types};
use vestry_sdk::exchange as plugin;
use wasmtime::component::{Component, Instance, InstancePre, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

struct State {
    context: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.context, table: &mut self.table }
    }
}

/// A component as `cargo xtask setup` has built it: a file below `target`.
fn built(engine: &Engine, file: &str) -> Component {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name(file);
    assert!(file.is_file(), "{} is not there: run `cargo xtask setup`", file.display());
    Component::from_file(engine, file).unwrap()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn asked(route: &str, form: &[(&str, &str)]) -> host::Request {
    let upload = host::Upload {
        field: "file".to_owned(),
        file_name: "a.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        size: 7,
    };
    host::Request {
        id: "r1".to_owned(),
        route: route.to_owned(),
        params: pairs(&[("key", "p1")]),
        query: pairs(&[("kind", route), ("people.sort", "-age")]),
        form: pairs(form),
        content_type: String::new(),
        body: vec![],
        uploads: vec![upload],
        actor: None,
        visitor: "v1".to_owned(),
        language: "en".to_owned(),
        time_zone: "Etc/UTC".to_owned(),
        extra: vec![],
    }
}

fn the_same(request: &host::Request) -> plugin::Request {
    let upload = |upload: &host::Upload| plugin::Upload {
        field: upload.field.clone(),
        file_name: upload.file_name.clone(),
        content_type: upload.content_type.clone(),
        size: upload.size,
    };
    plugin::Request {
        id: request.id.clone(),
        route: request.route.clone(),
        params: request.params.clone(),
        query: request.query.clone(),
        form: request.form.clone(),
        content_type: request.content_type.clone(),
        body: request.body.clone(),
        uploads: request.uploads.iter().map(upload).collect(),
        actor: None,
        visitor: request.visitor.clone(),
        language: request.language.clone(),
        time_zone: request.time_zone.clone(),
        extra: vec![],
    }
}

/// How both sides write values; only one of them keeps WIT's dashes in names.
fn written(value: &impl std::fmt::Debug) -> String {
    format!("{value:#?}").replace(['-', '_'], "")
}

struct Guest {
    store: Store<State>,
    pre: InstancePre<State>,
    instance: Instance,
}

/// What an instance exports as the interface of that name, and the store that it lives in.
macro_rules! export {
    ($guest:ident, $interface:ident) => {
        $interface::GuestIndices::new(&$guest.pre).unwrap().load(&mut $guest.store, &$guest.instance).unwrap()
    };
}

impl Guest {
    /// A fresh instance, as for each request. The host's own interfaces are not there: what is called here asks nothing.
    async fn new(engine: &Engine, component: &Component) -> Self {
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        linker.define_unknown_imports_as_traps(component).unwrap();
        let state = State { context: WasiCtx::default(), table: ResourceTable::new() };
        let mut store = Store::new(engine, state);
        let pre = linker.instantiate_pre(component).unwrap();
        let instance = pre.instantiate_async(&mut store).await.unwrap();
        Guest { store, pre, instance }
    }
}

#[tokio::test]
async fn every_page_comes_through_as_it_was() {
    let engine = Engine::new(&Config::new()).unwrap();
    let component = built(&engine, "shipped/styleguide.wasm");

    let mut guest = Guest::new(&engine, &component).await;
    let info = export!(guest, feature).call_register(&mut guest.store).await.unwrap();
    assert_eq!(written(&info), written(&vestry_sdk::describe(vestry_styleguide::plugin(), env!("CARGO_PKG_VERSION"))));

    let mut requests: Vec<_> = info.routes.iter().map(|route| asked(&route.name, &[])).collect();
    requests.push(asked("receive", &[("refuse", "1"), ("text", "Zoë"), ("checkboxes", "red"), ("checkboxes", "blue")]));
    for kind in
        ["denied", "not-found", "invalid", "conflict", "exhausted", "unavailable", "internal", "confirm", "other"]
    {
        requests.push(host::Request { query: pairs(&[("kind", kind)]), ..asked("failure", &[]) });
    }
    assert!(requests.len() > 25);
    for request in requests {
        let mut guest = Guest::new(&engine, &component).await;
        let answer = export!(guest, feature).call_handle(&mut guest.store, &request).await.unwrap();
        let native = vestry_sdk::answer(vestry_styleguide::plugin(), the_same(&request));
        assert_eq!(written(&answer), written(&native), "{}", request.route);
    }
}

#[tokio::test]
async fn updates_and_pieces_come_through_as_they_were() {
    let engine = Engine::new(&Config::new()).unwrap();
    let component = built(&engine, "shipped/styleguide.wasm");

    for (route, cursor) in [("moving", "0"), ("moving", "24"), ("moving", "25"), ("moving", "Zoë"), ("words", "0")] {
        let (mut guest, request) = (Guest::new(&engine, &component).await, asked(route, &[]));
        let answer = export!(guest, live).call_next(&mut guest.store, &request, cursor).await.unwrap();
        let native = vestry_sdk::next_batch(vestry_styleguide::plugin(), the_same(&request), cursor.to_owned());
        assert_eq!(written(&answer), written(&native), "{route} {cursor}");
    }
    for (name, cursor) in [("pieces", None), ("pieces", Some("3")), ("pieces", Some("Zoë")), ("none", None)] {
        let (mut guest, request) = (Guest::new(&engine, &component).await, asked("pieces", &[]));
        let answer = export!(guest, streaming).call_next(&mut guest.store, &request, name, cursor).await.unwrap();
        let owned = (name.to_owned(), cursor.map(str::to_owned));
        let native = vestry_sdk::next_chunk(vestry_styleguide::plugin(), the_same(&request), owned.0, owned.1);
        assert_eq!(written(&answer), written(&native), "{name} {cursor:?}");
    }
}

#[tokio::test]
async fn jobs_and_migrations_are_called_with_what_the_host_says() {
    let engine = Engine::new(&Config::new()).unwrap();
    let component = built(&engine, "test-plugins/probe.wasm");
    let task = |name: &str, input: &str| background::Task {
        id: "j1".to_owned(),
        name: name.to_owned(),
        input: input.to_owned(),
        attempt: 1,
        actor: None,
        extra: vec![],
    };
    let mut guest = Guest::new(&engine, &component).await;
    let outcome = export!(guest, background).call_run(&mut guest.store, &task("call", r#"{"function":"Zoë"}"#)).await;
    assert_eq!(outcome.unwrap().unwrap(), r#""Err(Failure::NotFound(\"Zoë\"))""#);
    let mut guest = Guest::new(&engine, &component).await;
    let outcome = export!(guest, background).call_run(&mut guest.store, &task("none", "{}")).await;
    assert_eq!(written(&outcome.unwrap()), written(&Err::<(), _>(types::Failure::NotFound("none".to_owned()))));

    let component = built(&engine, "test-plugins/ledger-2.wasm");
    let mut guest = Guest::new(&engine, &component).await;
    let migrated = export!(guest, migration).call_migrate(&mut guest.store, 7).await.unwrap();
    assert!(matches!(migrated, Err(types::Failure::Internal(reason)) if reason.contains("first one only")));
}
