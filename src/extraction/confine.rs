//! What a worker gives up before it reads its first file: memory without bound, files, the network, and most system calls.
//!
//! Grammar scanners are C and read text that nobody vouches for. Whatever one of them is made to do, it finds no file to open, no address to
//! reach and no program to start. What the system does not offer is left out; the limits stand apart from each other.

use rlimit::Resource;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use std::collections::BTreeMap;
use std::env;

/// How much address space a worker may take.
const MEMORY: u64 = 3 << 29;

/// How many files a worker may have open.
const OPEN_FILES: u64 = 16;

/// What parsing needs of the kernel: its pipes, memory, threads, time, and to end.
const SYSTEM_CALLS: &[i64] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_prctl,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_getrandom,
    libc::SYS_prlimit64,
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Takes from this process what parsing does not need.
pub(super) fn confine() {
    for (resource, limit) in [
        (Resource::AS, MEMORY),
        (Resource::CORE, 0),
        (Resource::NOFILE, OPEN_FILES),
    ] {
        // A lower limit set from outside is as good.
        let _lower = resource.set(limit, limit);
    }
    let _older_kernel = no_files();
    let _other_kernel = few_system_calls();
}

/// Gives up all access to files, and to the network where the kernel can.
fn no_files() -> Result<(), landlock::RulesetError> {
    use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _};
    let abi = ABI::V4;
    let rules = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?;
    rules.create()?.restrict_self()?;
    Ok(())
}

/// Makes every system call that is not listed fail. It fails rather than kills: a C library may try one and do without it.
fn few_system_calls() -> Result<(), seccompiler::Error> {
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let rules: BTreeMap<i64, _> = SYSTEM_CALLS.iter().map(|call| (*call, Vec::new())).collect();
    let filter = SeccompFilter::new(rules, denied, SeccompAction::Allow, env::consts::ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)
}
