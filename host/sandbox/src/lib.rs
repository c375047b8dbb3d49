//! Running a plugin: engine, limits, lanes, compiled code, one call.
//!
//! A call gets an instance of its own, made from a cached `InstancePre`, and is gone when it has answered: nothing of
//! one person's call can be seen by the next. Around it stand, from the inside out: the memory limiter, host-call
//! fuel and the handle cap of the store; the CPU clock that a 10 ms tick looks at; the slow lane, where a call that
//! has seen a tick goes on without holding up the others; the wall clock; and the permits of the plugin.
//!
//! No other room names wasmtime: what leaves here is an opaque [`Loaded`]. This room knows nothing of HTTP, of mounts
//! or of grants; what a plugin may ask of the host is decided by the gate in `vestry-capabilities`.

mod call;
mod call_error;
mod compiled;
mod engine;
mod fit;
mod lanes;
mod limits;
mod linker;
mod loaded;
mod meter;
mod sandbox;
mod state;
mod usage;

pub use call::Outcome;
pub use call_error::CallError;
pub use compiled::{CompileError, Compiler};
pub use engine::{EngineReport, compile_file};
pub use fit::LoadError;
pub use limits::{JobLimits, LIMITS, Limit, Limits, Permits, limit};
pub use loaded::Loaded;
pub use sandbox::{Callee, Sandbox, SandboxError, SandboxSettings};
pub use usage::{Usage, Used};
