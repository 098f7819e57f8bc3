//! Prints what is found in a path, for looking at it by eye.
fn main() {
    let mut args = std::env::args().skip(1);
    let root = args.next().expect("usage: dump PATH");
    let vocabulary = chameleon_decision::Vocabulary {
        name: "example".to_owned(),
        labels: [
            "Food",
            "Snack",
            "Plastic",
            "Plastic bottle",
            "Glass",
            "Shirt",
            "Dog",
            "Cat",
            "Houseplant",
            "Plant",
            "Fire",
            "Fruit",
            "Car",
            "Road",
            "Truck",
            "Umbrella",
            "Hoodie",
        ]
        .map(str::to_owned)
        .to_vec(),
    };
    let analysis = chameleon_analyzer::analyze(root.as_ref(), &vocabulary).expect("an analysis");
    if args.next().is_some() {
        for process in &analysis.processes {
            println!("{}", serde_json::to_string_pretty(process).expect("json"));
        }
    }
    print!("{}", chameleon_analyzer::render(&analysis));
}
