//! The XML of lifecycle rules, cut into its rules so that each can be given back to the byte.

use std::fmt::Write as _;

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};

use crate::lifecycle::{
    LifecycleAction, LifecycleDays, LifecycleDocument, LifecycleRule, StandingRule,
};
use crate::minio::control_plane::unescape;

const ROOT: &str = "LifecycleConfiguration";
const RULE: &str = "LifecycleConfiguration/Rule";
const NEW_HEAD: &str = "<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
const NEW_TAIL: &str = "</LifecycleConfiguration>";

/// An element that is open.
struct Open {
    path: String,
    /// Where its tag begins, and where its content does.
    tag: usize,
    content: usize,
    has_elements: bool,
}

/// A rule that is being read: its elements without elements in them, by their path below the rule.
#[derive(Default)]
struct Leaves(Vec<(String, String)>);

/// Returns the document, or `None` when it is none.
pub(super) fn read(text: &str) -> Option<LifecycleDocument> {
    let mut reader = Reader::from_str(text);
    let mut cutter = Cutter::new(text);
    loop {
        let before = position(&reader)?;
        let event = reader.read_event().ok()?;
        let after = position(&reader)?;
        match event {
            Event::Start(start) => cutter.open(&name_of(&start)?, before, after)?,
            Event::Empty(start) => {
                cutter.open(&name_of(&start)?, before, after)?;
                cutter.close(after, after)?;
            }
            Event::End(_) => cutter.close(before, after)?,
            Event::Eof => return cutter.finish(),
            _ => {}
        }
    }
}

/// Cuts a text into what stands before the rules, the rules, and what stands behind them.
struct Cutter<'a> {
    text: &'a str,
    stack: Vec<Open>,
    document: LifecycleDocument,
    leaves: Leaves,
    /// Where what was not given to the document yet begins.
    rest: usize,
    /// The root was `<…/>`, which leaves no room for rules.
    is_bare: bool,
    has_ended: bool,
}

impl<'a> Cutter<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            stack: Vec::new(),
            document: LifecycleDocument::default(),
            leaves: Leaves::default(),
            rest: 0,
            is_bare: false,
            has_ended: false,
        }
    }

    fn open(&mut self, name: &str, tag: usize, content: usize) -> Option<()> {
        let path = if let Some(parent) = self.stack.last_mut() {
            parent.has_elements = true;
            format!("{}/{name}", parent.path)
        } else {
            // One root, and the one that is expected.
            if name != ROOT || self.has_ended {
                return None;
            }
            self.text[..content].clone_into(&mut self.document.head);
            self.rest = content;
            name.to_owned()
        };
        self.stack.push(Open {
            path,
            tag,
            content,
            has_elements: false,
        });
        Some(())
    }

    /// Gives a whole rule to the document, and what stands within one to its leaves.
    fn close(&mut self, content_end: usize, end: usize) -> Option<()> {
        let element = self.stack.pop()?;
        if element.path == ROOT {
            self.has_ended = true;
            self.is_bare = element.content == end;
        } else if element.path == RULE {
            let lead = &self.text[self.rest..element.tag];
            let whole = &self.text[element.tag..end];
            let rule = std::mem::take(&mut self.leaves).into_rule(lead, whole);
            self.document.rules.push(rule);
            self.rest = end;
        } else if let Some(path) = element.path.strip_prefix("LifecycleConfiguration/Rule/")
            && !element.has_elements
        {
            let content = self.text.get(element.content..content_end);
            let content = unescape(content.unwrap_or_default());
            self.leaves.0.push((path.to_owned(), content));
        }
        Some(())
    }

    fn finish(mut self) -> Option<LifecycleDocument> {
        if !self.has_ended {
            return None;
        }
        if self.is_bare {
            return Some(LifecycleDocument::default());
        }
        self.text[self.rest..].clone_into(&mut self.document.tail);
        Some(self.document)
    }
}

fn name_of(start: &BytesStart<'_>) -> Option<String> {
    let name = std::str::from_utf8(start.name().into_inner()).ok()?;
    Some(name.to_owned())
}

/// Returns the text of a document: what was read as it was, and our own rules where they belong.
pub(super) fn write(document: &LifecycleDocument) -> String {
    let (head, tail) = match document.head.as_str() {
        "" => (NEW_HEAD, NEW_TAIL),
        head => (head, document.tail.as_str()),
    };
    let mut text = head.to_owned();
    for rule in document.rules() {
        text.push_str(&rule.lead);
        match rule.known() {
            Some(known) if rule.text().is_empty() => text.push_str(&element_of(known)),
            _ => text.push_str(rule.text()),
        }
    }
    text.push_str(tail);
    text
}

impl Leaves {
    fn into_rule(self, lead: &str, text: &str) -> StandingRule {
        let id = self.one("ID").map(str::to_owned);
        let known = id.as_deref().and_then(|id| self.known(id));
        StandingRule::read(id.as_deref(), known, lead, text)
    }

    /// Returns the rule if it has the form of ours and says nothing beside.
    fn known(&self, id: &str) -> Option<LifecycleRule> {
        const FORM: [&str; 7] = [
            "ID",
            "Status",
            "Prefix",
            "Filter",
            "Filter/Prefix",
            "Expiration/Days",
            "AbortIncompleteMultipartUpload/DaysAfterInitiation",
        ];
        let all_known = self.0.iter().all(|(path, _)| FORM.contains(&path.as_str()));
        if !all_known || self.one("Status") != Some("Enabled") {
            return None;
        }
        let days = |path| {
            self.one(path)?
                .trim()
                .parse()
                .ok()
                .and_then(|days| LifecycleDays::new(days).ok())
        };
        let action = match (days(FORM[5]), days(FORM[6])) {
            (Some(days), None) if self.one(FORM[6]).is_none() => LifecycleAction::ExpireAfter(days),
            (None, Some(days)) if self.one(FORM[5]).is_none() => {
                LifecycleAction::AbortUploadsAfter(days)
            }
            _ => return None,
        };
        let prefix = self.one("Filter/Prefix").or_else(|| self.one("Prefix"));
        LifecycleRule::of_id(id, prefix.unwrap_or_default(), action)
    }

    /// Returns the text of the only element with this path.
    fn one(&self, path: &str) -> Option<&str> {
        let mut all = self.0.iter().filter(|(other, _)| other == path);
        let (_, text) = all.next()?;
        all.next().is_none().then_some(text)
    }
}

fn element_of(rule: &LifecycleRule) -> String {
    let mut text = format!("<Rule><ID>{}</ID>", escape(rule.id()));
    // Some readers stumble over an empty prefix, and an empty filter says the same.
    let filter = match rule.prefix() {
        "" => String::new(),
        prefix => format!("<Prefix>{}</Prefix>", escape(prefix)),
    };
    let action = match rule.action() {
        LifecycleAction::ExpireAfter(days) => {
            format!("<Expiration><Days>{}</Days></Expiration>", days.get())
        }
        LifecycleAction::AbortUploadsAfter(days) => format!(
            "<AbortIncompleteMultipartUpload><DaysAfterInitiation>{}</DaysAfterInitiation>\
             </AbortIncompleteMultipartUpload>",
            days.get()
        ),
    };
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "<Filter>{filter}</Filter><Status>Enabled</Status>{action}</Rule>"
    );
    text
}

fn position(reader: &Reader<&[u8]>) -> Option<usize> {
    usize::try_from(reader.buffer_position()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FOREIGN: &str = "<?xml version=\"1.0\"?>\n<!-- by hand -->\n\
        <LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\" >\n  \
        <Rule>\n    <ID>keep &amp; mine</ID><New a='1'>x</New><Status>Enabled</Status><Filter><Tag><Key>k</Key>\
        <Value><![CDATA[<v>]]></Value></Tag></Filter></Rule>\n  \
        <Rule><ID>pictures-abort-uploads</ID><Filter/><Status>Enabled</Status>\
        <AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>\
        <ExpiryUpdatedAt>2026-03-01</ExpiryUpdatedAt>\n</LifecycleConfiguration>\n";

    fn days(days: u16) -> LifecycleDays {
        LifecycleDays::new(days).unwrap()
    }

    #[test]
    fn a_document_comes_back_to_the_byte() {
        let document = read(FOREIGN).unwrap();
        assert_eq!(write(&document), FOREIGN);
        let ids: Vec<_> = document.rules().iter().map(StandingRule::id).collect();
        assert_eq!(ids, [Some("keep & mine"), Some("pictures-abort-uploads")]);
        assert_eq!(document.rules()[0].known(), None);
        let known = document.rules()[1].known().unwrap();
        assert_eq!(known.action(), LifecycleAction::AbortUploadsAfter(days(3)));
    }

    #[test]
    fn rules_are_changed_without_touching_the_others() {
        let mut document = read(FOREIGN).unwrap();
        let action = LifecycleAction::ExpireAfter(days(7));
        let rule = LifecycleRule::new("expire-temporary", "a&b/", action).unwrap();
        document.rules.push(rule.clone().into());
        document.rules.remove(1);
        let text = write(&document);
        let mine = FOREIGN.split_once("<Rule><ID>pictures").unwrap().0;
        assert!(text.starts_with(mine.trim_end()), "{text}");
        assert!(text.ends_with(
            "<ExpiryUpdatedAt>2026-03-01</ExpiryUpdatedAt>\n</LifecycleConfiguration>\n"
        ));
        let again = read(&text).unwrap();
        assert_eq!(again.rules()[1].known(), Some(&rule));
        assert_eq!(again.rules().len(), 2);
    }

    #[test]
    fn rules_that_say_more_or_less_are_not_taken_for_ours() {
        let body =
            "<ID>pictures-x</ID><Status>Enabled</Status><Expiration><Days>7</Days></Expiration>";
        let of = |body: &str| {
            let text =
                format!("<LifecycleConfiguration><Rule>{body}</Rule></LifecycleConfiguration>");
            read(&text).unwrap().rules()[0].known().cloned()
        };
        assert!(of(body).is_some());
        assert!(of(&format!("{body}<Prefix>a</Prefix>")).is_some());
        for other in [
            body.replace("Enabled", "Disabled"),
            body.replace('7', "0"),
            body.replace("pictures-", "other-"),
            format!("{body}<Transition><Days>1</Days></Transition>"),
            format!("{body}<Expiration><Days>8</Days></Expiration>"),
            format!("{body}<Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter>"),
            "<ID>pictures-x</ID><Status>Enabled</Status>".to_owned(),
        ] {
            assert_eq!(of(&other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_such_document_is_refused() {
        for text in [
            "",
            "<html>login</html>",
            "<LifecycleConfiguration>",
            "<LifecycleConfiguration><Rule></LifecycleConfiguration>",
            "<a:LifecycleConfiguration xmlns:a='b'></a:LifecycleConfiguration>",
            "<a:LifecycleConfiguration xmlns:a='b'/>",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
        for text in [
            "<LifecycleConfiguration></LifecycleConfiguration>",
            "<LifecycleConfiguration/>",
        ] {
            assert!(read(text).unwrap().rules().is_empty(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[<>/a-zA-Z&;!\\[\\]\\-?'\" \n]{0,120}") {
            let wrapped = format!("<LifecycleConfiguration><Rule>{text}</Rule></LifecycleConfiguration>");
            for text in [text, wrapped] {
                if let Some(document) = read(&text) {
                    prop_assert_eq!(write(&document), text);
                }
            }
        }

        #[test]
        fn our_rules_come_back(prefix in "[^\\p{Cc}]{0,40}", number in 1..36_500_u16) {
            let action = LifecycleAction::ExpireAfter(days(number));
            let rule = LifecycleRule::new("x", &prefix, action).unwrap();
            let document = LifecycleDocument::new([rule.clone().into()]);
            let again = read(&write(&document)).unwrap();
            prop_assert_eq!(again.rules()[0].known(), Some(&rule));
        }
    }
}
