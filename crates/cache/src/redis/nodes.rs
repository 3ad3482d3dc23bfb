//! Several servers named in one text.

/// Returns the hosts and ports of `text`, which has commas between them.
///
/// An address of IPv6 stands in brackets, such as `[::1]:7000`.
pub(super) fn parse_nodes(text: &str, default_port: u16) -> Result<Vec<(String, u16)>, String> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let nodes: Vec<_> = parts
        .map(|part| {
            parse_node(part, default_port).ok_or_else(|| format!("{part:?} is no host:port"))
        })
        .collect::<Result<_, _>>()?;
    if nodes.is_empty() {
        return Err("names no host".to_owned());
    }
    Ok(nodes)
}

fn parse_node(text: &str, default_port: u16) -> Option<(String, u16)> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(text) => text.split_once(']')?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match rest.strip_prefix(':') {
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None if rest.is_empty() => default_port,
        None => return None,
    };
    let is_host = !host.is_empty() && !host.contains(['/', '@', ' ', '[', ']']);
    is_host.then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_taken_apart() {
        let nodes = parse_nodes("a:7000, b ,[::1]:7001,[fe80::7],", 6_379).unwrap();
        let expected = [
            ("a", 7_000),
            ("b", 6_379),
            ("::1", 7_001),
            ("fe80::7", 6_379),
        ];
        assert_eq!(nodes, expected.map(|(host, port)| (host.to_owned(), port)));
    }

    #[test]
    fn what_is_no_host_and_port_is_refused() {
        for text in [
            "",
            ",",
            "a:",
            "a:0",
            "a:65536",
            "a:x",
            ":7",
            "::1",
            "[::1",
            "[::1]7",
            "redis://a",
            "u@a",
            "a b",
        ] {
            assert!(parse_nodes(text, 1).is_err(), "{text}");
        }
    }
}
