//! A rule in public words.

use crate::{Rule, Zeros};

/// The parameters of a rule by name.
pub(crate) fn settings(rule: &Rule) -> Vec<(String, String)> {
    let mut settings = Vec::new();
    if let Some(small) = rule.small_count {
        let zeros = match small.zeros {
            Zeros::Shown => "0 shown",
            Zeros::Protected => "0 protected",
        };
        settings.push(("small_count".to_owned(), format!("< {}, {zeros}", small.threshold)));
        settings.push(("min_feasible".to_owned(), rule.min_feasible.to_string()));
    }
    if let Some(most) = rule.few_contributors {
        settings.push(("few_contributors".to_owned(), format!("≤ {most}")));
    }
    for dominance in &rule.dominance {
        let share = percent(dominance.basis_points);
        settings.push(("dominance".to_owned(), format!("n = {}, k ≥ {share}", dominance.leaders)));
    }
    if let Some(points) = rule.p_percent {
        settings.push(("p_percent".to_owned(), format!("p = {}", percent(points))));
    }
    if !(rule.bounds && rule.insiders) {
        let tried = [("algebra", true), ("bounds", rule.bounds), ("insider", rule.insiders)];
        let tried: Vec<&str> = tried.into_iter().filter(|who| who.1).map(|who| who.0).collect();
        settings.push(("attackers".to_owned(), tried.join(", ")));
    }
    settings
}

/// Hundredths of a per cent as per cent.
fn percent(points: u64) -> String {
    let text = format!("{}.{:02}", points / 100, points % 100);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn hundredths_of_a_per_cent_are_told_as_per_cent() {
        let told = [1_000, 1_250, 9_999, 10_000, 5].map(percent);
        assert_eq!(told, ["10 %", "12.5 %", "99.99 %", "100 %", "0.05 %"]);
    }
}
