//~ error[E0451]
use louver::disclosure::AnswerText;

fn main() {
    let _ = AnswerText { text: "fn main() {}".to_owned(), refusal: None };
}
