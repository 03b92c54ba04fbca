//! Behaviour outlines as they are stored: what each step does and the names it mentions, cut to two segments.
//!
//! They are made when a repository is indexed and read back by `disclosure`, which decides how much of them a tier may see.

/// One step of a stored outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowStep {
    pub depth: u8,
    pub op: Op,
    /// Names the step mentions, `_` where a local variable or an expression stood.
    pub names: Vec<String>,
    /// Arguments of a call, arms of a match.
    pub count: u16,
    pub awaited: bool,
    /// The error of the call is passed on to the caller.
    pub propagated: bool,
}

macro_rules! ops {
    ($($op:ident $word:literal),* $(,)?) => {
        /// What a step does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
        pub enum Op { $($op),* }

        impl Op {
            /// The word that is stored and shown.
            pub fn word(self) -> &'static str {
                match self { $(Self::$op => $word),* }
            }
        }
    };
}

ops! {
    If "if", Else "else", Match "match", Arm "arm", Loop "loop", Try "try", Catch "catch", Finally "finally",
    Closure "closure", Unsafe "unsafe", Return "return", EarlyReturn "return", ErrorExit "error", Break "break",
    Continue "continue", Yield "yield", Set "set", Call "call", New "new", Macro "macro",
}
