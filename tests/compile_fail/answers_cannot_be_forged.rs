//~ error[E0451]
use louver::audit::Receipt;
use louver::disclosure::{AnswerText, Disclosed};

fn forge(body: AnswerText, receipt: Receipt) -> Disclosed<AnswerText> {
    Disclosed { body, receipt }
}

fn main() {}
