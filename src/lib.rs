//! louver: a governed semantic code index that shows coding agents how code is built, and never the code.
