//! The corpus: each link with what it names.

/// Each link with what it names, or `None` when it is not ours.
/// The buckets are the default ones, but the one of avatars is `my.avatars`.
pub(super) const CORPUS: &[(&str, Option<&str>)] = &[
    // Path style on each host.
    (
        "http://minio:9000/imagen4/2026/03/01/a_1.png",
        Some("imagen4/2026/03/01/a_1.png"),
    ),
    (
        "https://img.example/imagen4/2026/03/01/a_1.png",
        Some("imagen4/2026/03/01/a_1.png"),
    ),
    (
        "http://127.0.0.1:9000/temp/2026/03/01/a_1.png",
        Some("temp/2026/03/01/a_1.png"),
    ),
    (
        "https://img.example/my.avatars/2026/03/01/a_1.webp",
        Some("my.avatars/2026/03/01/a_1.webp"),
    ),
    (
        "https://img.example/imagen4/imagen4/a_1.png",
        Some("imagen4/imagen4/a_1.png"),
    ),
    // Virtual-host style.
    (
        "http://imagen4.minio:9000/2026/03/01/a_1.png",
        Some("imagen4/2026/03/01/a_1.png"),
    ),
    (
        "https://imagen4.img.example/2026/03/01/a_1.png",
        Some("imagen4/2026/03/01/a_1.png"),
    ),
    (
        "https://my.avatars.img.example/a_1.png",
        Some("my.avatars/a_1.png"),
    ),
    (
        "https://imagen4.img.example/imagen4/a_1.png",
        Some("imagen4/imagen4/a_1.png"),
    ),
    (
        "https://IMAGEN4.img.example:443/a_1.png?X-Amz-Signature=0f",
        Some("imagen4/a_1.png"),
    ),
    // Ports, schemes and spellings of a host.
    (
        "https://img.example:443/imagen4/a_1.png",
        Some("imagen4/a_1.png"),
    ),
    (
        "https://img.example:/imagen4/a_1.png",
        Some("imagen4/a_1.png"),
    ),
    (
        "http://img.example:443/imagen4/a_1.png",
        Some("imagen4/a_1.png"),
    ),
    (
        "https://minio:9000/imagen4/a_1.png",
        Some("imagen4/a_1.png"),
    ),
    (
        "HTTPS://IMG.EXAMPLE/imagen4/a_1.png",
        Some("imagen4/a_1.png"),
    ),
    (
        "http://[2001:db8::1]:9000/imagen4/a_1.png",
        Some("imagen4/a_1.png"),
    ),
    (
        "http://[2001:DB8:0:0:0:0:0:1]:9000/imagen4/a_1.png",
        Some("imagen4/a_1.png"),
    ),
    ("http://img.example/imagen4/a_1.png", None),
    ("https://img.example:8443/imagen4/a_1.png", None),
    ("http://minio/imagen4/a_1.png", None),
    ("http://minio:9001/imagen4/a_1.png", None),
    ("http://minio:99000/imagen4/a_1.png", None),
    ("http://minio:+9000/imagen4/a_1.png", None),
    ("http://[2001:db8::2]:9000/imagen4/a_1.png", None),
    ("http://[::ffff:127.0.0.1]:9000/imagen4/a_1.png", None),
    ("http://[2001:db8::1%25eth0]:9000/imagen4/a_1.png", None),
    ("http://[2001:db8::1:9000/imagen4/a_1.png", None),
    ("http://2001:db8::1:9000/imagen4/a_1.png", None),
    ("http://imagen4.127.0.0.1:9000/a_1.png", None),
    ("http://2130706433:9000/imagen4/a_1.png", None),
    ("http://127.1:9000/imagen4/a_1.png", None),
    ("https://img.example./imagen4/a_1.png", None),
    // Signed, with a fragment, expired.
    (
        "https://img.example/imagen4/a_1.png?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=60&X-Amz-Signature=0f",
        Some("imagen4/a_1.png"),
    ),
    (
        "https://img.example/imagen4/a_1.png?AWSAccessKeyId=who&Signature=x%2F&Expires=1",
        Some("imagen4/a_1.png"),
    ),
    (
        "https://img.example/imagen4/a_1.png?next=http://evil.test/../x\\y",
        Some("imagen4/a_1.png"),
    ),
    (
        "https://img.example/imagen4/a_1.png?",
        Some("imagen4/a_1.png"),
    ),
    (
        "https://img.example/imagen4/a_1.png#/generated/b_1.png",
        Some("imagen4/a_1.png"),
    ),
    (
        "https://img.example/imagen4/a_1.png%3FX-Amz-Expires%3D60%26X-Amz-Signature%3D0f",
        None,
    ),
    // Older forms stay as they are.
    (
        "https://img.example/generated/2026/03/01/a_01.png",
        Some("generated/2026/03/01/a_01.png"),
    ),
    (
        "http://minio:9000/generated/generated/2026/03/01/a_01.jpg?X-Amz-Signature=0f",
        Some("generated/generated/2026/03/01/a_01.jpg"),
    ),
    (
        "http://minio:9000/imagen4/generated/2026/03/01/a_1.jpeg",
        Some("imagen4/generated/2026/03/01/a_1.jpeg"),
    ),
    (
        "https://generated.img.example/generated/2026/03/01/a_1.png",
        Some("generated/generated/2026/03/01/a_1.png"),
    ),
    // Decoded once, never twice.
    (
        "https://img.example/imagen4/a%20b_1.png",
        Some("imagen4/a b_1.png"),
    ),
    (
        "https://img.example/imagen4/%D0%BA%D0%BE%D1%82_1.png",
        Some("imagen4/кот_1.png"),
    ),
    (
        "https://img.example/imagen4/кот_1.png",
        Some("imagen4/кот_1.png"),
    ),
    (
        "https://img.example/imagen4/a%2Bb+c_1.png",
        Some("imagen4/a+b+c_1.png"),
    ),
    (
        "https://img.example/imagen4/a%2520b_1.png",
        Some("imagen4/a%20b_1.png"),
    ),
    (
        "https://img.example/imagen4/%252e%252e/b_1.png",
        Some("imagen4/%2e%2e/b_1.png"),
    ),
    (
        "https://img.example/imagen4/a%252Fb_1.png",
        Some("imagen4/a%2Fb_1.png"),
    ),
    (
        "https://img.example/imagen%34/a_1%2epng",
        Some("imagen4/a_1.png"),
    ),
    (
        "https://img.example/imagen4/a%3Fb%23c_1.png",
        Some("imagen4/a?b#c_1.png"),
    ),
    ("https://img.example/imagen4/a%ZZ_1.png", None),
    ("https://img.example/imagen4/a_1.png%", None),
    ("https://img.example/imagen4/a%F_1.png", None),
    ("https://img.example/imagen4/%FF_1.png", None),
    ("https://img.example/imagen4/%C0%AE%C0%AE/a_1.png", None),
    // Dot segments, slashes, control characters.
    ("https://img.example/imagen4/../generated/a_1.png", None),
    ("https://img.example/backups/../imagen4/a_1.png", None),
    ("https://img.example/imagen4/./a_1.png", None),
    ("https://img.example/imagen4/%2e%2e/generated/a_1.png", None),
    ("https://img.example/imagen4/%2E./generated/a_1.png", None),
    ("https://img.example/../imagen4/a_1.png", None),
    ("https://img.example/imagen4/2026%2F03%2F01%2Fa_1.png", None),
    ("https://img.example/imagen4%2Fa_1.png", None),
    ("https://img.example/imagen4/..%2Fgenerated%2Fa_1.png", None),
    ("https://img.example/imagen4/..%5Cgenerated%5Ca_1.png", None),
    ("https://img.example/imagen4\\a_1.png", None),
    ("https://img.example\\imagen4/a_1.png", None),
    ("https:\\\\img.example\\imagen4\\a_1.png", None),
    ("https://img.example/imagen4//a_1.png", None),
    ("https://img.example//imagen4/a_1.png", None),
    ("https://img.example/imagen4/folder/", None),
    ("https://img.example/imagen4/a%00_1.png", None),
    ("https://img.example/imagen4/a%0A_1.png", None),
    ("https://img.example/imagen4/a\n_1.png", None),
    ("https://img.example/imagen4/a\t_1.png", None),
    ("https://img.example/imagen4/a b_1.png", None),
    (" https://img.example/imagen4/a_1.png", None),
    ("https://img.example/imagen4/a_1.png ", None),
    // Other buckets and no object.
    ("https://img.example/backups/a_1.png", None),
    ("https://img.example/avatars/a_1.png", None),
    ("https://img.example/Imagen4/a_1.png", None),
    ("https://img.example/imagen4", None),
    ("https://img.example/imagen4/", None),
    ("https://img.example/", None),
    ("https://img.example", None),
    ("https://img.example?/imagen4/a_1.png", None),
    ("https://img.example#/imagen4/a_1.png", None),
    ("https://imagen4.img.example/", None),
    ("https://backups.img.example/imagen4/a_1.png", None),
    ("https://a.imagen4.img.example/a_1.png", None),
    ("https://.img.example/imagen4/a_1.png", None),
    // User-info, foreign hosts and hosts that look like ours.
    ("https://who@img.example/imagen4/a_1.png", None),
    ("https://who:word@img.example/imagen4/a_1.png", None),
    ("https://@img.example/imagen4/a_1.png", None),
    ("https://img.example@evil.test/imagen4/a_1.png", None),
    ("https://img.example:443@evil.test/imagen4/a_1.png", None),
    ("https://img.example%40evil.test/imagen4/a_1.png", None),
    ("https://evil.test#@img.example/imagen4/a_1.png", None),
    ("https://evil.test\\@img.example/imagen4/a_1.png", None),
    ("https://v3.fal.media/files/imagen4/a_1.png", None),
    (
        "https://evil.test/https://img.example/imagen4/a_1.png",
        None,
    ),
    ("https://evil.test/imagen4/a_1.png?host=img.example", None),
    ("https://img.example.evil.test/imagen4/a_1.png", None),
    ("https://evil-img.example/imagen4/a_1.png", None),
    ("https://imagen4-img.example/a_1.png", None),
    ("https://imagen4img.example/a_1.png", None),
    ("https://img.exampl\u{435}/imagen4/a_1.png", None),
    ("https://ｉｍｇ.example/imagen4/a_1.png", None),
    ("https://%69mg.example/imagen4/a_1.png", None),
    ("https://img。example/imagen4/a_1.png", None),
    // No links at all.
    ("", None),
    ("imagen4/a_1.png", None),
    ("/imagen4/a_1.png", None),
    ("//img.example/imagen4/a_1.png", None),
    ("https:/img.example/imagen4/a_1.png", None),
    ("https:///img.example/imagen4/a_1.png", None),
    ("s3://imagen4/a_1.png", None),
    ("ftp://img.example/imagen4/a_1.png", None),
    ("file://img.example/imagen4/a_1.png", None),
    ("javascript://img.example/imagen4/a_1.png", None),
    ("data:image/png;base64,aW1hZ2VuNA==", None),
];
