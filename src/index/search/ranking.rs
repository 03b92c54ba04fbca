//! The weights of evidence, as data: `index-schema/ranking.toml`.

use serde::Deserialize;
use std::sync::LazyLock;

/// All weights of a search.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    pub(super) words: Weights,
    pub(super) name: Weights,
    pub(super) damping: Damping,
}

/// How much each kind of evidence counts. The file says what each is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Weights {
    pub(super) file: f32,
    pub(super) unit: f32,
    pub(super) sum: f32,
    pub(super) stem: f32,
    pub(super) path: f32,
    pub(super) names: f32,
    pub(super) agreement: f32,
    pub(super) bears: f32,
    pub(super) mention: f32,
    pub(super) look: f32,
    pub(super) referred: f32,
    pub(super) further: f32,
}

/// What scores are multiplied with: for a query of words, and for what was found by its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Damping {
    pub(super) test: (f32, f32),
    pub(super) example: (f32, f32),
    pub(super) generated: (f32, f32),
    pub(super) legacy: (f32, f32),
    pub(super) declaration: (f32, f32),
    pub(super) prose: (f32, f32),
    pub(super) history: (f32, f32),
    pub(super) marker: (f32, f32),
}

static BUILTIN: LazyLock<Ranking> = LazyLock::new(|| {
    Ranking::parse(include_str!("../../../index-schema/ranking.toml"))
        .expect("the weights are read by a test of this module")
});

impl Ranking {
    /// The weights that search has if nobody tries others.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Reads weights in the form of `index-schema/ranking.toml`.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_read() {
        let ranking = Ranking::builtin();
        assert!(ranking.name.look > ranking.words.look);
        assert!(Ranking::parse("[words]\nfile = 1.0").is_err());
    }
}
