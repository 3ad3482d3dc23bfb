//! Rules of keys: every lawful key is its own object.

use super::fixture::Fixture;
use super::ground::Ground;

/// Keys with signs that drivers, servers and file systems treat specially.
pub(super) const ODD_KEYS: &[&str] = &[
    "!'()*~$@,;:",
    "\"quoted\" <and> |more|",
    "#fragment",
    "%",
    "%2F/%41",
    "%zz",
    "&amp;<b>&",
    "+",
    "...",
    ".../....",
    ".hidden/.file",
    "=a=b",
    "?query=1",
    "[brackets]{braces}^`",
    "a b/c  d.png",
    "con/nul.txt",
    "name.",
    "name ",
    " name",
    "ü/ß.png",
    "東京/🌲.png",
];

/// Puts all of `names`, then reads, lists and deletes each.
async fn are_objects_of_their_own(fixture: &impl Fixture, names: &[&str]) {
    let ground = Ground::new(fixture).await;
    ground.put_all(names).await;
    let mut expected = names.to_vec();
    expected.sort_unstable();
    assert_eq!(ground.names().await, expected);
    for name in names {
        assert_eq!(ground.read(name).await, name.as_bytes(), "{name}");
        assert_eq!(ground.head(name).await.size_bytes, name.len() as u64);
        assert_eq!(ground.names_by(name, 1000).await[0], **name);
    }
    for name in names {
        ground.delete(name).await;
        ground.assert_absent(name).await;
    }
    assert!(ground.names().await.is_empty());
}

/// Keys with special signs work.
pub async fn odd_keys_work(fixture: &impl Fixture) {
    are_objects_of_their_own(fixture, ODD_KEYS).await;
}

/// Percent signs in a key are text; nothing is decoded.
pub async fn percent_forms_are_not_decoded(fixture: &impl Fixture) {
    let names = [
        "A", "%41", "%2541", "a/b", "a%2Fb", "a%2fb", "a+b", "a b", "a%20b",
    ];
    are_objects_of_their_own(fixture, &names).await;
}

/// A key may stand beside keys below it, put in this order.
pub async fn a_key_may_stand_before_keys_below_it(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    for name in ["a", "a/b", "a/b/c", "x.png", "x.png/y.png"] {
        ground.put(name, name.as_bytes().to_vec()).await;
    }
    let names = ground.names().await;
    assert_eq!(names, ["a", "a/b", "a/b/c", "x.png", "x.png/y.png"]);
    for name in names {
        assert_eq!(ground.read(&name).await, name.as_bytes());
    }
}

/// A key may stand beside keys below it, put the other way round.
pub async fn a_key_may_come_after_keys_below_it(fixture: &impl Fixture) {
    let ground = Ground::new(fixture).await;
    for name in ["x.png/y.png", "x.png", "a/b/c", "a/b", "a"] {
        ground.put(name, name.as_bytes().to_vec()).await;
    }
    ground.delete("a/b/c").await;
    for name in ["a", "a/b", "x.png", "x.png/y.png"] {
        assert_eq!(ground.read(name).await, name.as_bytes());
    }
}

/// Keys that differ only by case are different objects.
pub async fn keys_that_differ_only_by_case_are_different(fixture: &impl Fixture) {
    let names = [
        "Picture.PNG",
        "picture.png",
        "PICTURE.png",
        "Dir/a",
        "dir/a",
    ];
    are_objects_of_their_own(fixture, &names).await;
}

/// Keys that differ only by the composition of a letter are different objects.
pub async fn keys_are_not_normalised(fixture: &impl Fixture) {
    are_objects_of_their_own(fixture, &["\u{fc}.png", "u\u{308}.png"]).await;
}

/// Keys of the greatest length work, in one segment, in long ones and in many short ones.
pub async fn keys_of_the_greatest_length_work(fixture: &impl Fixture) {
    let longest = fixture.expectations().longest_key_bytes;
    let one = "k".repeat(longest);
    let other = format!("{}l", &one[..longest - 1]);
    let dotted = "d.".repeat(longest / 2);
    let many = "m/".repeat(longest / 2 - 1) + "m";
    let wide = "ü".repeat(longest / 2);
    let long_segments = format!("{0}/{0}/{0}.png", "s".repeat(300));
    let below = format!("{}/x", &one[..longest - 2]);
    let names = [
        &*one,
        &*other,
        &*dotted,
        &*many,
        &*wide,
        &*long_segments,
        &*below,
    ];
    are_objects_of_their_own(fixture, &names).await;
}

/// Long names that share their beginning stay in order and apart.
pub async fn long_names_with_one_beginning_stay_apart(fixture: &impl Fixture) {
    let stem = "s".repeat(250);
    let names: Vec<_> = ["", "!", ".png", "/a", "0", "0/a", "%", "ü", "s", "ss/t.png"]
        .map(|end| format!("{stem}{end}"))
        .into();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    are_objects_of_their_own(fixture, &names).await;
}

/// Keys named like the inner files of adapters are ordinary keys.
pub async fn keys_named_like_inner_files_work(fixture: &impl Fixture) {
    let names = [
        ".meta/a.json",
        ".tmp/a",
        ".locks/00",
        ".layout",
        "a.json",
        "a.%",
        "a%-/b",
        "%2Emeta",
        "a.tmp",
        "a.png.meta.json",
        ".minio.sys/config",
    ];
    are_objects_of_their_own(fixture, &names).await;
}

/// The same key in two buckets is two objects.
pub async fn the_same_key_in_two_buckets_is_two_objects(fixture: &impl Fixture) {
    let one = Ground::new(fixture).await;
    let two = Ground::new(fixture).await;
    one.put("a/b.png", "one").await;
    two.assert_absent("a/b.png").await;
    two.put("a/b.png", "two").await;
    assert_eq!(one.read("a/b.png").await, "one");
    one.delete("a/b.png").await;
    assert_eq!(two.read("a/b.png").await, "two");
    assert!(one.names().await.is_empty());
}
