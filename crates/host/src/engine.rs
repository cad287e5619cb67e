//! The WebAssembly engine: how components are compiled and given memory.

use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy,
};

use crate::{
    error::HostError,
    limits::{GUEST_TIME_SLICE, Limits},
};

/// Memory of a finished instance that stays with its slot, so that the next instance of the same
/// component needn't fault it in again. Worth more than Spin's 2 MiB would be: with slots for a
/// hundred idle instances that alone would be 200 MiB.
const KEPT_MEMORY_BYTES: usize = 256 << 10;

/// Idle slots that remember which component they had; as many as a busy machine of this size uses.
const WARM_SLOTS_MAX: u32 = 64;

pub(crate) fn build(limits: &Limits) -> Result<Engine, HostError> {
    let mut config = base_config();
    config.allocation_strategy(pooling(limits));
    Engine::new(&config).or_else(|_| {
        // A machine may not have the address space that pooling sets aside; without it the host is
        // slower and otherwise the same.
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Engine::new(&config).map_err(|error| HostError::Engine(format!("{error:#}")))
    })
}

/// Lets guests that compute without waiting take turns, for as long as the engine lives. A thread
/// and not a task, because such guests can hold every thread that tasks run on.
pub(crate) fn start_clock(engine: &Engine) -> Result<(), HostError> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("oms-host-clock".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(GUEST_TIME_SLICE);
            }
        })
        .map(drop)
        .map_err(|error| HostError::Engine(format!("can't start its clock: {error}")))
}

fn base_config() -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        .debug_info(false)
        .memory_init_cow(true)
        .epoch_interruption(true)
        .wasm_component_model(true)
        .wasm_component_model_async(true);
    config
}

fn pooling(limits: &Limits) -> InstanceAllocationStrategy {
    let instances = limits.instances_max;
    let mut pooling = PoolingAllocationConfig::new();
    pooling
        .total_component_instances(instances)
        // A composed component has a memory and a table for each part; most have one part.
        .total_memories(instances)
        .total_tables(instances * 2)
        .total_stacks(instances)
        .total_core_instances(instances * 4)
        .max_memory_size(limits.instance_memory_bytes_max)
        // The rest are Spin's bounds: generous, because they only cap bookkeeping.
        .table_elements(100_000)
        .max_component_instance_size(10 << 20)
        .max_core_instance_size(10 << 20)
        .max_core_instances_per_component(200)
        .max_tables_per_component(64)
        .max_memories_per_component(32)
        .max_tables_per_module(2)
        .max_memories_per_module(2)
        .linear_memory_keep_resident(KEPT_MEMORY_BYTES)
        .table_keep_resident(KEPT_MEMORY_BYTES)
        .max_unused_warm_slots(WARM_SLOTS_MAX);
    InstanceAllocationStrategy::Pooling(pooling)
}
