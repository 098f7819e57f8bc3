//! Large pages: an address of memory that is read once and in order, as weights are, is looked up 512 times less often.

/// Bytes of a large page.
pub(in super::super) const PAGE: usize = 2 << 20;

/// Asks the system to use large pages for memory, as far as it consists of whole ones, when it is first written to.
#[cfg(target_os = "linux")]
pub(in super::super) fn prefer_large<T>(memory: &mut [T]) {
    use rustix::mm::{Advice, madvise};
    let (skipped, length) = (memory.as_ptr().cast::<u8>().align_offset(PAGE), size_of_val(memory));
    let whole = length.saturating_sub(skipped) / PAGE * PAGE;
    if whole == 0 {
        return;
    }
    let first = memory.as_mut_ptr().cast::<u8>().wrapping_add(skipped);
    // Where the system has none, small pages are as good.
    // SAFETY: the range lies within the memory, and this advice changes nothing of what is in it.
    let _ = unsafe { madvise(first.cast(), whole, Advice::LinuxHugepage) };
}

/// Other systems use large pages by themselves, or not at all.
#[cfg(not(target_os = "linux"))]
pub(in super::super) fn prefer_large<T>(_: &mut [T]) {}
