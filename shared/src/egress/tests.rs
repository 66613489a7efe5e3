//! Facts about addresses and URLs; those of addresses include the vectors of Svix's server
//! (`svix-server`, `webhook_http_client.rs`).

use super::*;

/// Addresses that nothing of a tenant's may reach, one at least of every network.
const REFUSED: &[&str] = &[
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.170",
    "192.0.2.0",
    "192.0.2.255",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.0",
    "203.0.113.255",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:53aa:64c:0:7fff:80ff:fffe",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "3fff::1",
    "3fff:fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fdff::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ffff::1",
];

/// Their neighbours, and well-known public ones.
const PUBLIC: &[&str] = &[
    "1.0.0.0",
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.0.3.0",
    "192.88.98.255",
    "192.88.100.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "198.51.99.255",
    "198.51.101.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2001:db7::1",
    "2003::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:801::200e",
    "3ffe::1",
];

#[test]
fn addresses_that_are_not_public_are_known() {
    for text in REFUSED {
        let address: IpAddr = text.parse().unwrap();
        assert!(!is_public(address), "{text}");
    }
    for text in PUBLIC {
        let address: IpAddr = text.parse().unwrap();
        assert!(is_public(address), "{text}");
    }
}

/// The control: without any one of the networks the facts above would not hold.
#[test]
fn every_network_is_needed() {
    let refused: Vec<IpAddr> = REFUSED.iter().map(|text| text.parse().unwrap()).collect();
    for (network, length) in PRIVATE_V4 {
        let only = |address: &&IpAddr| match address {
            IpAddr::V4(address) => in_v4(*address, Ipv4Addr::from(*network), *length),
            IpAddr::V6(_) => false,
        };
        assert!(refused.iter().any(|one| only(&one)), "{network:?}");
    }
    for network in PRIVATE_V6 {
        let only = |address: &&IpAddr| match address {
            IpAddr::V4(_) => false,
            IpAddr::V6(address) => in_v6(*address, *network) && in_v6(*address, GLOBAL_V6),
        };
        assert!(refused.iter().any(|one| only(&one)), "{network:?}");
    }
}

#[test]
fn urls_are_refused_for_what_is_wrong_with_them() {
    let long = format!("https://example.com/{}", "x".repeat(URL_BYTES_MAX));
    let cases: &[(&str, UrlError)] = &[
        ("", UrlError::Malformed),
        ("example.com", UrlError::Malformed),
        ("/hook", UrlError::Malformed),
        ("https://", UrlError::Malformed),
        ("https://[fe80::1%25eth0]/", UrlError::Malformed),
        ("http://example.com/", UrlError::Scheme),
        ("ftp://example.com/", UrlError::Scheme),
        ("file:///etc/passwd", UrlError::Scheme),
        ("gopher://127.0.0.1/", UrlError::Scheme),
        ("https://user@example.com/", UrlError::Credentials),
        ("https://:secret@example.com/", UrlError::Credentials),
        ("https://example.com/#part", UrlError::Fragment),
        ("https://example.com:8443/", UrlError::Port),
        ("https://example.com:22/", UrlError::Port),
        ("https://127.0.0.1/", UrlError::Address),
        ("https://2130706433/", UrlError::Address),
        ("https://0x7f.1/", UrlError::Address),
        ("https://0177.0.0.1/", UrlError::Address),
        ("https://127.1/", UrlError::Address),
        ("https://127\u{3002}0\u{3002}0\u{3002}1/", UrlError::Address),
        ("https://\u{ff11}\u{ff12}\u{ff17}.0.0.1/", UrlError::Address),
        ("https://[::1]/", UrlError::Address),
        ("https://[::ffff:7f00:1]/", UrlError::Address),
        (
            "https://169.254.169.254/latest/meta-data",
            UrlError::Address,
        ),
        (&long, UrlError::TooLong),
    ];
    for (text, error) in cases {
        assert_eq!(Targets::Public.check(text), Err(*error), "{text}");
    }
    for text in [
        "https://example.com",
        "https://example.com:443/hook?a=b",
        "https://hooks.example.com/a/b",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
    ] {
        Targets::Public.check(text).expect(text);
    }
}

#[test]
fn a_local_stack_may_call_its_own_machine_and_no_other_private_one() {
    for text in [
        "http://127.0.0.1:8080/",
        "https://[::1]:8443/",
        "https://example.com/",
    ] {
        Targets::Loopback.check(text).expect(text);
    }
    for text in [
        "http://10.0.0.1/",
        "https://192.168.0.1/",
        "http://8.8.8.8/",
    ] {
        assert_eq!(
            Targets::Loopback.check(text),
            Err(UrlError::Address),
            "{text}"
        );
    }
    let plain = Url::parse("http://example.com/").unwrap();
    assert!(!Targets::Loopback.admits(&plain, "8.8.8.8".parse().unwrap()));
    assert!(Targets::Loopback.admits(&plain, "127.0.0.1".parse().unwrap()));
    assert!(!Targets::Public.admits(&plain, "8.8.8.8".parse().unwrap()));
}
