//! Types that must not be printable, serializable or copyable.

use louver::{audit, extraction};

/// Fails to compile when `$ty` implements `$bound`.
macro_rules! assert_not_impl {
    ($ty:ty: $bound:path) => {
        const _: fn() = || {
            trait Ambiguous<A> {
                fn item() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            struct Has;
            impl<T: ?Sized + $bound> Ambiguous<Has> for T {}
            let _ = <$ty as Ambiguous<_>>::item;
        };
    };
}

assert_not_impl!(extraction::SourceText: serde::Serialize);
assert_not_impl!(extraction::SourceText: std::fmt::Display);
assert_not_impl!(extraction::SourceText: std::ops::Deref);
assert_not_impl!(extraction::Fragment: serde::Serialize);
assert_not_impl!(extraction::Fragment: std::fmt::Display);
assert_not_impl!(extraction::Symbol: serde::Serialize);
assert_not_impl!(louver::access::Grant: serde::de::DeserializeOwned);
assert_not_impl!(extraction::FileFacts: serde::Serialize);
assert_not_impl!(louver::access::Grant: Clone);
assert_not_impl!(audit::Receipt: Clone);
assert_not_impl!(audit::Receipt: serde::de::DeserializeOwned);

#[test]
fn debug_output_names_a_size_and_nothing_else() {
    let text = extraction::SourceText::new(b"CANARY".to_vec());
    assert_eq!(format!("{text:?}"), "SourceText(6 bytes)");
}
