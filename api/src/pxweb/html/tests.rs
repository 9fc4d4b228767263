use super::*;
use crate::pxweb::example::Example;

fn written(stub: &str, heading: &str, parameters: &[&str]) -> String {
    let example = Example::new();
    let own: Vec<String> = parameters.iter().map(|name| (*name).to_owned()).collect();
    let style = Style::parse("html", &own).unwrap();
    let (sheet, frame) = (example.sheet(stub, heading, Language::En), example.frame(Language::En));
    String::from_utf8(write(&sheet, &frame, &style)).unwrap()
}

#[test]
fn a_row_has_its_names_and_a_cell_its_number_or_sign() {
    let text = written("", "", &[]);
    assert!(text.contains("<th scope=\"row\">Earned income</th><th scope=\"row\">Recipients</th><td>..</td><td>.</td>"), "{text}");
    assert!(text.contains("<td>7</td><td>:</td>") && text.contains("<p>a &lt;note&gt;</p>"));
    assert!(!text.contains("<caption>"));
    assert!(written("", "", &["IncludeTitle"]).contains("<caption>Recipients of"));
}

#[test]
fn heading_names_span_what_is_below_them() {
    let text = written("Region ContentsCode", "Tid HovedInntekt", &["UseCodes"]);
    let expected = "<tr><td colspan=\"2\"></td><th scope=\"colgroup\" colspan=\"2\">2016</th><th scope=\"colgroup\" colspan=\"2\">2024</th></tr>";
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("<td>7</td><td>..</td><td>:</td><td>.</td>"));
    let long = written("Region ContentsCode Tid HovedInntekt", "", &[]);
    assert!(long.contains("<th scope=\"col\">Recipients</th></tr>"));
    assert_eq!(long.matches("<tr>").count(), 5);
}

#[test]
fn nothing_of_a_name_is_markup() {
    assert_eq!(escaped("<a href='x'>&\"\u{1}"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
}

#[test]
fn the_sign_of_a_preliminary_number_stands_beside_it() {
    let example = Example::signs();
    let style = Style::parse("html", &[]).unwrap();
    let (sheet, frame) = (example.sheet("", "", Language::En), example.frame(Language::En));
    let text = String::from_utf8(write(&sheet, &frame, &style)).unwrap();
    assert!(text.contains("<td>7</td><td data-sign=\"*\">12</td>"), "{text}");
    assert!(text.contains("<td>0</td><td>:</td>") && text.contains("content:attr(data-sign)"));
}
