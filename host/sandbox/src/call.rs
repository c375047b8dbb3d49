//! One call of a plugin, and how it can end.

use std::sync::Arc;
use std::time::Duration;

use vestry_capabilities::Call;
use vestry_contract::exchange::Response;
use vestry_contract::registration::PluginInfo;
use vestry_contract::types::Failure;
use wasmtime::component::{ComponentNamedList, Lift, Lower};
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

use crate::call_error::CallError;
use crate::fit::{LoadError, short};
use crate::limits::Limits;
use crate::loaded::{Export, Loaded};
use crate::meter::{Meter, Tick};
use crate::state::State;

/// Handles of resources at a time; only WASI has any.
const HANDLES: usize = 1_000;
/// Characters of what wasmtime says of an end, which may hold names of the component's own.
const LONGEST: usize = 300;

/// How a call ended, and what it leaves: its writes are in [`Call`], not yet made.
#[derive(Debug)]
pub struct Outcome<T = Response> {
    pub answer: Result<T, Failure>,
    pub call: Call,
    pub cpu: Duration,
}

/// What is kept of a call that ended without an answer.
#[derive(Debug)]
pub(crate) struct Ended<T> {
    pub(crate) result: Result<T, CallError>,
    pub(crate) call: Call,
    pub(crate) peak_memory: usize,
}

/// A tick found the call over its limit of CPU time.
#[derive(Debug, thiserror::Error)]
#[error("over the limit of CPU time")]
struct OverCpu;

/// Makes an instance, asks it what it registers, and drops it.
pub(crate) async fn register(
    engine: Engine,
    loaded: Loaded,
    call: Call,
    limits: Limits,
    meter: Arc<Meter>,
) -> Ended<PluginInfo> {
    let mut store = store(&engine, call, &limits, meter);
    let result = async {
        let instance = loaded.parts.pre.instantiate_async(&mut store).await?;
        loaded.check(&mut store, &instance).map_err(wasmtime::Error::new)?;
        let (info,) = loaded.parts.register.of(&mut store, &instance)?.call_async(&mut store, ()).await?;
        Ok(info)
    };
    let result = result.await;
    end(store, result, &limits)
}

/// Makes an instance, calls one of its functions, and drops it.
pub(crate) async fn ask<P, T>(
    engine: Engine,
    loaded: Loaded,
    export: Export<P, (T,)>,
    call: Call,
    parameters: P,
    limits: Limits,
    meter: Arc<Meter>,
) -> Ended<T>
where
    P: ComponentNamedList + Lower + Send + Sync + 'static,
    T: Send + Sync + 'static,
    (T,): ComponentNamedList + Lift,
{
    let mut store = store(&engine, call, &limits, meter);
    let result = async {
        let instance = loaded.parts.pre.instantiate_async(&mut store).await?;
        let (answer,) = export.of(&mut store, &instance)?.call_async(&mut store, parameters).await?;
        Ok(answer)
    };
    let result = result.await;
    end(store, result, &limits)
}

fn store(engine: &Engine, call: Call, limits: &Limits, meter: Arc<Meter>) -> Store<State> {
    let mut store = Store::new(engine, State::new(call, limits.memory));
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(limits.handed);
    store.set_max_component_handles(HANDLES);
    let cpu = limits.cpu;
    store.epoch_deadline_callback(move |_| match meter.tick(cpu) {
        Tick::GoOn => Ok(UpdateDeadline::Continue(1)),
        Tick::Yield => Ok(UpdateDeadline::Yield(1)),
        Tick::Over => Err(wasmtime::Error::new(OverCpu)),
    });
    store.set_epoch_deadline(1);
    store
}

fn end<T>(store: Store<State>, result: wasmtime::Result<T>, limits: &Limits) -> Ended<T> {
    let state = store.into_data();
    let result = result.map_err(|error| reason(&error, &state, limits));
    Ended { result, peak_memory: state.memory.peak, call: state.call }
}

fn reason(error: &wasmtime::Error, state: &State, limits: &Limits) -> CallError {
    if let Some(other) = error.downcast_ref::<LoadError>() {
        return CallError::OtherContract(other.clone());
    }
    if error.downcast_ref::<OverCpu>().is_some() {
        return CallError::TooMuchCpu(limits.cpu);
    }
    if let Some(wanted) = state.memory.refused {
        return CallError::TooMuchMemory { wanted, limit: limits.memory };
    }
    let told = format!("{:#}", error.root_cause());
    // wasmtime has no type for this one.
    if told.contains("fuel allocated for hostcalls") {
        return CallError::TooMuchData(limits.handed);
    }
    let reason = error.downcast_ref::<Trap>().map_or_else(|| short(&told, LONGEST), ToString::to_string);
    CallError::Trapped { reason, said: state.stderr() }
}
