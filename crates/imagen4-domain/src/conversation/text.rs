//! Text with its formatting, which no input of a user can break.

use std::fmt;

/// How a piece of text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Style {
    /// As everything around it.
    #[default]
    Plain,
    /// Bold.
    Bold,
    /// Italic.
    Italic,
    /// With fixed width, to be copied.
    Code,
}

/// A piece of text in one style.
#[derive(Clone, PartialEq, Eq)]
pub struct Span {
    /// The characters, none of which means anything but itself.
    pub text: String,
    /// How they are set.
    pub style: Style,
}

/// Text with its formatting as spans, so that nothing has to be escaped before it is sent.
///
/// `Debug` shows its length only: what people ask for belongs in no log.
///
/// # Examples
///
/// ```
/// use imagen4_domain::conversation::{Style, Text};
///
/// let text = Text::new("from ").with("<fox>", Style::Bold);
/// assert_eq!(text.to_plain(), "from <fox>");
/// assert_eq!(text.to_html(), "from <b>&lt;fox&gt;</b>");
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Text(Vec<Span>);

impl Text {
    /// Returns `text` without formatting.
    pub fn new(text: impl Into<String>) -> Self {
        Self::default().with(text, Style::Plain)
    }

    /// Returns the text followed by `text` in `style`.
    #[must_use]
    pub fn with(mut self, text: impl Into<String>, style: Style) -> Self {
        self.push(text, style);
        self
    }

    /// Adds `text` in `style` at the end.
    pub fn push(&mut self, text: impl Into<String>, style: Style) {
        let text = text.into();
        match self.0.last_mut() {
            Some(last) if last.style == style => last.text.push_str(&text),
            _ if text.is_empty() => {}
            _ => self.0.push(Span { text, style }),
        }
    }

    /// Adds the spans of `other` at the end.
    pub fn append(&mut self, other: Self) {
        for span in other.0 {
            self.push(span.text, span.style);
        }
    }

    /// Returns the spans in order; two in a row differ in style.
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    /// Returns the characters alone.
    pub fn to_plain(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }

    /// Returns the text as the HTML that Telegram reads, with `&`, `<` and `>` escaped.
    ///
    /// Source: <https://core.telegram.org/bots/api#html-style>
    pub fn to_html(&self) -> String {
        let mut html = String::new();
        for span in &self.0 {
            let (open, close) = tags(span.style);
            html.push_str(open);
            for c in span.text.chars() {
                escape(c, &mut html);
            }
            html.push_str(close);
        }
        html
    }

    /// Returns the length in UTF-16 code units, in which Telegram counts after reading the formatting.
    pub fn utf16_len(&self) -> usize {
        let units = self.0.iter().map(|span| span.text.encode_utf16().count());
        units.sum()
    }

    /// Tells whether there is no character.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn tags(style: Style) -> (&'static str, &'static str) {
    match style {
        Style::Plain => ("", ""),
        Style::Bold => ("<b>", "</b>"),
        Style::Italic => ("<i>", "</i>"),
        Style::Code => ("<code>", "</code>"),
    }
}

fn escape(c: char, html: &mut String) {
    match c {
        '&' => html.push_str("&amp;"),
        '<' => html.push_str("&lt;"),
        '>' => html.push_str("&gt;"),
        other => html.push(other),
    }
}

/// Returns at most `most` characters of `text`, the last one an ellipsis when some were left out.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} UTF-16 units)", self.utf16_len())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Span")
            .field("style", &self.style)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_of_one_style_are_one_span() {
        let text = Text::new("a")
            .with("b", Style::Plain)
            .with("", Style::Bold)
            .with("c", Style::Code);
        assert_eq!(text.spans().len(), 2);
        assert_eq!(text.to_html(), "ab<code>c</code>");
        let mut joined = Text::default();
        joined.append(text.clone());
        assert_eq!(joined, text);
    }

    #[test]
    fn the_length_is_counted_as_the_messenger_counts() {
        assert_eq!(Text::new("кот").with("🦊", Style::Bold).utf16_len(), 5);
        assert!(Text::default().is_empty());
    }

    #[test]
    fn a_long_text_ends_in_an_ellipsis() {
        assert_eq!(shortened("кот", 3), "кот");
        assert_eq!(shortened("кот и лис", 5), "кот…");
        assert_eq!(shortened("🦊🦊🦊", 2), "🦊…");
    }

    #[test]
    fn debug_hides_the_text() {
        let text = Text::new("canary");
        let shown = format!("{text:?} {:?}", text.spans());
        assert!(!shown.contains("canary"), "{shown}");
    }

    proptest! {
        #[test]
        fn no_input_can_break_the_markup(input in "\\PC{0,40}") {
            let html = Text::new("a").with(&input, Style::Bold).to_html();
            let inner = html.strip_prefix("a").unwrap();
            let inner = inner.strip_prefix("<b>").and_then(|rest| rest.strip_suffix("</b>"));
            let inner = inner.unwrap_or_default();
            prop_assert!(!inner.contains(['<', '>']));
            let back = inner.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            prop_assert_eq!(back, input);
        }
    }
}
