//~ is not satisfied
struct Mine(String);
impl louver::disclosure::Outgoing for Mine {}

fn main() {}
