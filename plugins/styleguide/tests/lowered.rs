//! What the component answers is, on the host's side, what its functions answer natively: every block, cell and input of
//! the style guide comes through as it was. This is the test of how the SDK lays answers into memory.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use vestry_contract::{Administration, exchange as host};
use vestry_sdk::exchange as plugin;
use wasmtime::component::{Component, Linker, ResourceTable};
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

fn component() -> PathBuf {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--profile",
            "plugin",
            "--target",
            "wasm32-wasip2",
            "--package",
            "vestry-styleguide",
        ])
        .current_dir(root)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .unwrap();
    assert!(built.success());
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join("wasm32-wasip2/plugin/vestry_styleguide.wasm")
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
    plugin: Administration,
}

impl Guest {
    /// A fresh instance, as for each request.
    async fn new(engine: &Engine, component: &Component) -> Self {
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        let state = State { context: WasiCtx::default(), table: ResourceTable::new() };
        let mut store = Store::new(engine, state);
        let plugin = Administration::instantiate_async(&mut store, component, &linker).await.unwrap();
        Guest { store, plugin }
    }
}

#[tokio::test]
async fn every_page_comes_through_as_it_was() {
    let engine = Engine::new(&Config::new()).unwrap();
    let component = Component::from_file(&engine, component()).unwrap();

    let mut guest = Guest::new(&engine, &component).await;
    let info = guest.plugin.vestry_plugin_feature().call_register(&mut guest.store).await.unwrap();
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
        let answer = guest.plugin.vestry_plugin_feature().call_handle(&mut guest.store, &request).await.unwrap();
        let native = vestry_sdk::answer(vestry_styleguide::plugin(), the_same(&request));
        assert_eq!(written(&answer), written(&native), "{}", request.route);
    }
}
