//! The check of a model's input, with every complaint as FAL words it.

use serde_json::{Map, Value, json};

use super::draw::{PictureFormat, PictureSpec};
use super::models::Model;

/// The fewest characters of a prompt.
const MIN_PROMPT: usize = 3;
/// The most characters of a prompt.
const MAX_PROMPT: usize = 5000;
/// The most pictures of one request.
const MAX_IMAGES: i64 = 4;

/// A checked input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) prompt: String,
    pub(super) seed: u64,
    pub(super) count: u32,
    pub(super) size: (u32, u32),
    pub(super) format: PictureFormat,
    /// Whether the pictures come inside the answer, as `data:` links.
    pub(super) inline: bool,
}

impl Order {
    /// Makes the pictures an eighth as wide and as high.
    pub(super) fn shrink(&mut self) {
        self.size = (self.size.0 / 8, self.size.1 / 8);
    }

    /// Returns what decides the bytes of one of the pictures, counted from 0.
    pub(super) fn picture(&self, index: u32) -> PictureSpec {
        PictureSpec {
            prompt: self.prompt.clone(),
            seed: self.seed,
            index,
            size: self.size,
            format: self.format,
        }
    }
}

/// Checks an input against its model; the error is the `detail` array of the 422.
pub(super) fn check(model: &Model, input: &Value) -> Result<Order, Vec<Value>> {
    let empty = Map::new();
    let mut check = Check {
        fields: input.as_object().unwrap_or(&empty),
        whole: input,
        details: Vec::new(),
    };
    if !input.is_object() {
        check.complain(
            None,
            "model_attributes_type",
            "Input should be a valid dictionary",
            None,
        );
        return Err(check.details);
    }
    let order = check.order(model);
    if check.details.is_empty() {
        Ok(order)
    } else {
        Err(check.details)
    }
}

/// One input under check, and what was found wrong with it.
struct Check<'a> {
    fields: &'a Map<String, Value>,
    whole: &'a Value,
    details: Vec<Value>,
}

impl Check<'_> {
    fn order(&mut self, model: &Model) -> Order {
        let prompt = self.prompt();
        let ratios: Vec<&str> = model.ratios.iter().map(|ratio| ratio.0).collect();
        let ratio = self.one_of("aspect_ratio", &ratios, model.default_ratio);
        let size = model
            .ratios
            .iter()
            .find(|(name, _)| *name == ratio)
            .map_or((1024, 1024), |found| found.1);
        let halves = self.resolution(model);
        let format = self.one_of("output_format", &["jpeg", "png", "webp"], "png");
        self.one_of("safety_tolerance", &["1", "2", "3", "4", "5", "6"], "4");
        Order {
            prompt,
            seed: self.integer("seed").unwrap_or_default().unsigned_abs(),
            count: self.count(),
            size: (size.0 * halves / 2, size.1 * halves / 2),
            format: PictureFormat::parse(&format).unwrap_or(PictureFormat::Png),
            inline: self.flag("sync_mode"),
        }
    }

    fn prompt(&mut self) -> String {
        let Some(value) = self.fields.get("prompt") else {
            self.complain(Some("prompt"), "missing", "Field required", None);
            return String::new();
        };
        let Some(text) = value.as_str() else {
            self.complain(
                Some("prompt"),
                "string_type",
                "Input should be a valid string",
                None,
            );
            return String::new();
        };
        let length = text.chars().count();
        if length < MIN_PROMPT {
            let message = format!("String should have at least {MIN_PROMPT} characters");
            let context = json!({ "min_length": MIN_PROMPT });
            self.complain(Some("prompt"), "string_too_short", &message, Some(context));
        } else if length > MAX_PROMPT {
            let message = format!("String should have at most {MAX_PROMPT} characters");
            let context = json!({ "max_length": MAX_PROMPT });
            self.complain(Some("prompt"), "string_too_long", &message, Some(context));
        }
        text.to_owned()
    }

    /// Returns the resolution's factor in halves; a model without the field ignores it, as FAL does.
    fn resolution(&mut self, model: &Model) -> u32 {
        if model.resolutions.is_empty() {
            return 2;
        }
        let names: Vec<&str> = model.resolutions.iter().map(|entry| entry.0).collect();
        let name = self.one_of("resolution", &names, "1K");
        model
            .resolutions
            .iter()
            .find(|entry| entry.0 == name)
            .map_or(2, |entry| entry.1)
    }

    fn one_of(&mut self, field: &str, names: &[&str], default: &str) -> String {
        match self.present(field) {
            None => default.to_owned(),
            Some(Value::String(name)) if names.contains(&name.as_str()) => name.clone(),
            Some(_) => {
                let message = format!("Input should be one of: {}", names.join(", "));
                let context = json!({ "expected": names });
                self.complain(Some(field), "one_of", &message, Some(context));
                default.to_owned()
            }
        }
    }

    fn count(&mut self) -> u32 {
        let count = self.integer("num_images").unwrap_or(1);
        if count < 1 {
            let message = "Input should be greater than or equal to 1";
            self.complain(
                Some("num_images"),
                "greater_than_equal",
                message,
                Some(json!({ "ge": 1 })),
            );
        } else if count > MAX_IMAGES {
            let message = format!("Input should be less than or equal to {MAX_IMAGES}");
            let context = json!({ "le": MAX_IMAGES });
            self.complain(
                Some("num_images"),
                "less_than_equal",
                &message,
                Some(context),
            );
        }
        u32::try_from(count.clamp(1, MAX_IMAGES)).unwrap_or(1)
    }

    fn integer(&mut self, field: &str) -> Option<i64> {
        let number = self.present(field)?.as_i64();
        if number.is_none() {
            self.complain(
                Some(field),
                "int_type",
                "Input should be a valid integer",
                None,
            );
        }
        number
    }

    fn flag(&mut self, field: &str) -> bool {
        match self.present(field).map(Value::as_bool) {
            None => false,
            Some(Some(flag)) => flag,
            Some(None) => {
                self.complain(
                    Some(field),
                    "bool_type",
                    "Input should be a valid boolean",
                    None,
                );
                false
            }
        }
    }

    /// Returns the field's value unless it is absent or null.
    fn present(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    fn complain(&mut self, field: Option<&str>, kind: &str, message: &str, context: Option<Value>) {
        let input = field
            .and_then(|name| self.fields.get(name))
            .unwrap_or(self.whole);
        self.details
            .push(detail(field, kind, message, context, input));
    }
}

/// Returns one entry of a `detail` array.
pub(super) fn detail(
    field: Option<&str>,
    kind: &str,
    message: &str,
    context: Option<Value>,
    input: &Value,
) -> Value {
    let mut place = vec!["body"];
    place.extend(field);
    let mut entry = json!({
        "loc": place,
        "msg": message,
        "type": kind,
        "url": format!("https://docs.fal.ai/errors/#{kind}"),
        "input": input,
    });
    if let Some(context) = context {
        entry["ctx"] = context;
    }
    entry
}
