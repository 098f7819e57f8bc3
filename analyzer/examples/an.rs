use chameleon_analyzer::Catalog;
use chameleon_decision::Vocabulary;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&args[1]).unwrap();
    let vocabulary = Vocabulary { name: "image-labels".into(), labels: text.lines().map(str::to_owned).collect() };
    for path in &args[2..] {
        match chameleon_analyzer::analyze(std::path::Path::new(path), &Catalog::new(vocabulary.clone())) {
            Ok(a) => println!("{}", chameleon_analyzer::render(&a)),
            Err(e) => println!("error: {e}"),
        }
    }
}
