//! The engine: what code may use, and how memory for instances is kept.
//!
//! The settings belong together. An instance that maps, unmaps or grows memory takes the lock of the host's whole
//! address space, and then a second core makes the host slower; so slots are pooled, the pages that a call touched
//! stay with the slot, and only the dirty ones are cleared, which the kernel names through `PAGEMAP_SCAN` (Linux 6.7).
//! Where it cannot, keeping pages is worse than giving them back, and slots are decommitted in batches instead.

use std::path::Path;

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy};

/// Slots in the pool: as many calls as can have an instance at one time, over all plugins.
pub(crate) const SLOTS: u32 = 256;
/// The most that any plugin's limit can be raised to, in bytes.
pub(crate) const LARGEST_MEMORY: usize = 512 << 20;
/// Core instances that one component may consist of. There are enough for all slots: they cost nothing until they are
/// made, and no plugin uses up those of others.
const CORES_PER_COMPONENT: u32 = 40;
/// What stays with a slot between calls, in bytes.
const KEEP_MEMORY: usize = 1 << 20;
const KEEP_TABLE: usize = 64 << 10;
const KEEP_STACK: usize = 64 << 10;

/// What was chosen for this machine, for the log and for administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineReport {
    /// Slots come from a pool; false where the address space for it could not be had.
    pub pooled: bool,
    /// Dirty pages are found by the kernel and cleared in place.
    pub pagemap_scan: bool,
    /// Why, where one of them is off.
    pub reason: Option<String>,
}

/// Makes the engine for this machine.
///
/// # Errors
///
/// Where wasmtime refuses even the settings without a pool.
pub(crate) fn engine() -> wasmtime::Result<(Engine, EngineReport)> {
    let (scan, mut reason) = pagemap_scan();
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(scan)));
    match Engine::new(&config) {
        Ok(engine) => Ok((engine, EngineReport { pooled: true, pagemap_scan: scan, reason })),
        Err(error) => {
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            reason = Some(format!("no address space for a pool of instances: {error}"));
            Ok((Engine::new(&config)?, EngineReport { pooled: false, pagemap_scan: false, reason }))
        }
    }
}

/// Compiles a component to native code with the settings of [`engine`], into a file that is there. Meant for a child
/// process: compiling leaves some 14 MB behind.
///
/// # Errors
///
/// Where the file cannot be read or written, or is no component that the engine accepts.
pub fn compile_file(component: &Path, compiled: &Path) -> wasmtime::Result<()> {
    let code = compile(&std::fs::read(component)?)?;
    // Into the file that is there, and into no other: whoever wanted this may have been killed meanwhile, and the next server
    // has removed the file.
    let mut file = std::fs::File::options().write(true).truncate(true).open(compiled)?;
    std::io::Write::write_all(&mut file, &code)?;
    Ok(())
}

/// The same in this process, from bytes to bytes.
pub(crate) fn compile(component: &[u8]) -> wasmtime::Result<Vec<u8>> {
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config)?.precompile_component(component)
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .epoch_interruption(true)
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .memory_init_cow(true)
        .memory_reservation(4 << 30)
        .async_stack_size(2 << 20)
        .max_wasm_stack(512 << 10);
    config
}

fn pool(scan: bool) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(SLOTS)
        .total_core_instances(SLOTS * CORES_PER_COMPONENT)
        .total_memories(SLOTS)
        .total_tables(SLOTS * 4)
        .total_stacks(SLOTS)
        .max_core_instances_per_component(CORES_PER_COMPONENT)
        .max_memories_per_component(1)
        .max_tables_per_component(16)
        .max_tables_per_module(4)
        .table_elements(60_000)
        .max_component_instance_size(16 << 20)
        .max_core_instance_size(16 << 20)
        .max_memory_size(LARGEST_MEMORY)
        .max_unused_warm_slots(32);
    if scan {
        pool.linear_memory_keep_resident(KEEP_MEMORY)
            .table_keep_resident(KEEP_TABLE)
            .async_stack_keep_resident(KEEP_STACK)
            .pagemap_scan(Enabled::Yes);
    } else {
        pool.pagemap_scan(Enabled::No).decommit_batch_size(16);
    }
    pool
}

/// Whether dirty pages may be found by the kernel, and why not. With swap on they may not: wasmtime 48 does not see a
/// dirty page that was swapped out, and the next call in the slot, perhaps another plugin's, could read it.
fn pagemap_scan() -> (bool, Option<String>) {
    if !PoolingAllocationConfig::is_pagemap_scan_available() {
        return (false, Some("the kernel has no PAGEMAP_SCAN (Linux 6.7 or later)".into()));
    }
    match std::fs::read_to_string("/proc/swaps") {
        Ok(swaps) if swaps.lines().skip(1).any(|line| !line.trim().is_empty()) => (false, Some("swap is on".into())),
        Ok(_) => (true, None),
        Err(error) => (false, Some(format!("whether swap is on cannot be read: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest component: magic number, version and layer.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn compiled_code_fits_the_pooled_engine() {
        let (engine, _) = engine().unwrap();
        let code = compile(EMPTY).unwrap();
        assert!(Engine::detect_precompiled(&code).is_some());
        let alone = compile(EMPTY).unwrap();
        assert_eq!(code, alone, "the same component compiles to the same code");
        drop(engine);
    }
}
