//! What a store holds: the call with its gate, a closed WASI, and the limiter of memory.

use vestry_capabilities::Call;
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// How much of what a plugin writes to stderr is kept, in bytes: enough for the message of a panic.
const STDERR: usize = 8 << 10;
/// Handles and table entries of WASI at a time.
const RESOURCES: usize = 1_000;
/// Elements of one table.
const TABLE_ELEMENTS: usize = 60_000;

pub(crate) struct State {
    pub(crate) call: Call,
    /// Made when the plugin first uses it: most never do.
    wasi: Option<WasiCtx>,
    table: ResourceTable,
    stderr: Option<MemoryOutputPipe>,
    pub(crate) memory: Memory,
}

impl State {
    pub(crate) fn new(call: Call, memory: usize) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES);
        Self { call, wasi: None, table, stderr: None, memory: Memory { limit: memory, peak: 0, refused: None } }
    }

    /// What the plugin wrote to stderr, as far as it is kept.
    pub(crate) fn stderr(&self) -> String {
        let written = self.stderr.as_ref().map(MemoryOutputPipe::contents).unwrap_or_default();
        String::from_utf8_lossy(&written).trim().to_owned()
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let ctx = self.wasi.get_or_insert_with(|| {
            let stderr = MemoryOutputPipe::new(STDERR);
            self.stderr = Some(stderr.clone());
            // No arguments, no environment, no directory, no network; clocks and random numbers as they are.
            WasiCtxBuilder::new().stderr(stderr).build()
        });
        WasiCtxView { ctx, table: &mut self.table }
    }
}

/// The limiter of linear memory and tables.
pub(crate) struct Memory {
    limit: usize,
    /// The largest size so far, in bytes.
    pub(crate) peak: usize,
    /// What was asked for when it was refused.
    pub(crate) refused: Option<usize>,
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let granted = desired <= self.limit;
        if granted {
            self.peak = self.peak.max(desired);
        } else {
            self.refused = Some(desired);
        }
        Ok(granted)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}
