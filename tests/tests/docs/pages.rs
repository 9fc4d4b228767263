//! The pages, and what stands in them between fences.

/// Every page that a reader is sent to.
pub const ALL: [&str; 9] = [
    "README.md",
    "ARCHITECTURE.md",
    "docs/agencies.md",
    "docs/legal.md",
    "docs/municipalities.md",
    "docs/operators.md",
    "docs/privacy.md",
    "docs/researchers.md",
    "docs/tables.md",
];

/// What stands between two fences.
#[derive(Debug, Clone)]
pub struct Fence {
    /// The word after the first fence.
    pub language: String,
    /// The lines.
    pub text: String,
    /// The picture the page shows right after it, by its path from the page.
    pub picture: Option<String>,
}

/// A page as it stands.
pub fn read(name: &str) -> String {
    std::fs::read_to_string(std::path::Path::new("..").join(name)).unwrap()
}

/// The fences of a page.
pub fn page(name: &str) -> Vec<Fence> {
    let text = read(name);
    let parts: Vec<&str> = text.split("```").collect();
    assert_eq!(parts.len() % 2, 1, "{name} has a fence that is not closed");
    let (inside, after) = (parts.iter().skip(1).step_by(2), parts.iter().skip(2).step_by(2));
    inside
        .zip(after)
        .map(|(part, after)| {
            let (language, text) = part.split_once('\n').unwrap();
            Fence {
                language: language.trim().to_owned(),
                text: text.to_owned(),
                picture: picture(after),
            }
        })
        .collect()
}

fn picture(after: &str) -> Option<String> {
    let (_, rest) = after.trim_start().strip_prefix("![")?.split_once("](")?;
    Some(rest.split_once(')')?.0.to_owned())
}

/// The code within the sentences of a page.
pub fn inline_code(name: &str) -> Vec<String> {
    let text = read(name);
    let sentences = text.split("```").step_by(2).collect::<Vec<_>>().join(" ");
    sentences.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}
