// SPDX-License-Identifier: MIT OR Apache-2.0

use clap::Parser;
use proptest::prelude::*;

use super::*;

const FILE: &str = "ipvs-syncd.toml";
const EXAMPLE: &str = include_str!("../../../../../docs/ipvs-syncd.toml");

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    flags: Flags,
}

fn flags(words: &[&str]) -> Result<Flags, clap::Error> {
    Line::try_parse_from([&["serve"], words].concat()).map(|line| line.flags)
}

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(Path::new(FILE), text).map_err(|error| error.to_string())
}

/// Flags over the text of a file.
fn load(text: &str, words: &[&str]) -> Result<Config, String> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&file, text).expect("written");
    let flags = flags(words).expect("flags");
    Config::load(Some(file.path()), &flags).map_err(|error| error.to_string())
}

/// The dotted names of all keys that have a value.
fn keys(config: &Config) -> Vec<String> {
    let text = config.text().expect("TOML");
    let table: toml::Table = text.parse().expect("TOML");
    let section = |(section, keys): (String, toml::Value)| {
        let keys = keys.as_table().expect("a section").clone();
        keys.into_iter().map(move |(key, _)| format!("{section}.{key}"))
    };
    table.into_iter().flat_map(section).collect()
}

#[test]
fn the_example_is_the_default() {
    assert_eq!(parse(EXAMPLE), Ok(Config::default()));
}

#[test]
fn the_example_tells_of_every_key() {
    // With what is commented out there in place of what is empty or missing.
    let mut full = String::new();
    for line in EXAMPLE.lines() {
        let example = line.strip_prefix("# ").filter(|rest| {
            rest.split_once(" = ").is_some_and(|(key, _)| {
                !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            })
        });
        full += if line.ends_with("= []") { "" } else { example.unwrap_or(line) };
        full += "\n";
    }
    let full = parse(&full).expect("sound examples");
    let Config { listen, watch, coverage, .. } = &full;
    assert!(coverage.master.is_some() && coverage.backup.is_some());
    assert!(listen.netns.is_some() && watch.sync_id.is_some() && watch.silence_seconds.is_some());
    assert!(!listen.interfaces.is_empty() && !watch.known_senders.is_empty());
    assert_eq!(watch.services.len(), 3);
    let mut last = 0;
    for key in keys(&full) {
        let (section, key) = key.split_once('.').expect("a section");
        let start = EXAMPLE.find(&format!("\n[{section}]\n")).expect("the section is there");
        let found = EXAMPLE[start..].find(&format!("{key} = ")).expect(key);
        last = last.max(start + found);
    }
    assert!(last > 0);
}

#[test]
fn what_is_printed_reads_back() {
    let text = "listen.interfaces = ['eth1', 'bond0.5']\nlisten.group = 'ff02::81'\nlisten.netns = 'a b'
        watch = { known_senders = ['10.0.0.1', '2001:db8::1'], services = ['192.0.2.1', '[::1]:80'] }
        coverage = { master = '/tmp', backup = 'here' }\nhttp.listen = '[::1]:0'\nlog = { level = 'off', format = 'json' }\nprocess.user = 'root'";
    let config = parse(text).expect("sound");
    assert_ne!(config, Config::default());
    assert_eq!(parse(&config.text().expect("TOML")), Ok(config));
}

#[test]
fn flags_go_before_the_file() {
    let file = "listen = { interfaces = ['eth1', 'eth2'], port = 9000 }
        watch = { known_senders = ['10.0.0.1'], sync_id = 3, silence_seconds = 9 }
        http.enabled = false";
    let given = load(file, &["--interface", "eth3", "--sync-id", "0", "--http", "[::1]:80"]);
    let mut expected = parse(file).expect("sound");
    expected.listen.interfaces = vec!["eth3".parse().expect("a name")];
    expected.watch.sync_id = Some(Number(0));
    expected.http =
        Http { enabled: true, listen: "[::1]:80".parse().expect("one"), ..expected.http };
    assert_eq!(given, Ok(expected));

    let all = "--interface a --group ff02::1 --port 1 --ports 2 --hear wire --netns n --known-sender ::1 \
        --sync-id 255 --service ::1 --silence 1 --max-len 1 --coverage-master here --coverage-backup /a --no-http --log-level off \
        --log-format json --user root --daemon-states";
    let config = load("", &all.split(' ').collect::<Vec<_>>()).expect("sound");
    let text = "listen = { interfaces = ['a'], group = 'ff02::1', port = 1, ports = 2, hear = 'wire', netns = 'n' }
        watch = { known_senders = ['::1'], sync_id = 255, services = ['::1'], silence_seconds = 1, max_message_bytes = 1 }
        coverage = { master = 'here', backup = '/a' }
        http.enabled = false\nlog = { level = 'off', format = 'json' }
        process = { user = 'root', daemon_states = true }";
    assert_eq!(parse(text), Ok(config));
}

#[test]
fn a_mistake_is_told_with_its_place_and_what_would_be_right() {
    let cases = [
        (
            "[watch]\nsync_id = 256",
            "2:11: sync_id: invalid value: integer `256`, expected a whole number from 0 to 255",
        ),
        (
            "[watch]\nsync_id = -1",
            "2:11: sync_id: invalid value: integer `-1`, expected a whole number from 0 to 255",
        ),
        (
            "listen.ports = 65",
            "1:16: listen.ports: invalid value: integer `65`, expected a whole number from 1 to 64",
        ),
        (
            "listen.port = 'x'",
            "1:15: listen.port: invalid type: string \"x\", expected a whole number from 1 to 65535",
        ),
        (
            "[watch]\n\n  known_senders = [\n    \"10.0.0.1\",\n    \"10.0.0.300\",\n]",
            "5:5: invalid value: string \"10.0.0.300\", expected an address such as 10.0.0.1 or 2001:db8::1",
        ),
        (
            "[log]\nlevel = 'loud'",
            "2:9: level: invalid value: string \"loud\", expected off, error, warn, info, debug or trace",
        ),
        ("[log]\nformat = 'xml'", "2:10: format: unknown variant `xml`, expected `text` or `json`"),
        (
            "[http]\nport = 1",
            "2:1: unknown field `port`, expected one of `enabled`, `listen`, `max_series`",
        ),
        (
            "[htpp]",
            "1:2: unknown field `htpp`, expected one of `listen`, `watch`, `coverage`, `http`, `log`, `process`",
        ),
        ("[log]\nlevel = 'info'\nlevel = 'warn'", "3:1: duplicate key"),
        ("\u{e9} = 1", "1:1: "),
        ("[watch]\nservices = 'x\n", "2:14: services: invalid literal string"),
    ];
    for (text, expected) in cases {
        let told = parse(text).expect_err(text);
        assert!(told.starts_with(&format!("{FILE}:{expected}")), "{text}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
    let missing = Config::load(Some(Path::new("/nonexistent/x")), &Flags::default());
    let told = missing.expect_err("there is none").to_string();
    assert!(told.starts_with("/nonexistent/x: No such file") && told.contains("check the path"));
}

#[test]
fn values_that_do_not_go_together_are_told() {
    let cases: [(&[&str], &str); 4] = [
        (&["--interface", "eth1", "--coverage-master", "here"], "coverage: name both"),
        (&[], "listen.interfaces: there is none; name the one"),
        (&["--interface", "eth1", "--group", "10.0.0.1"], "listen.group: 10.0.0.1 is no multicast"),
        (
            &["--interface", "eth1", "--port", "65500", "--ports", "37"],
            "listen.ports: 37 ports from",
        ),
    ];
    for (words, expected) in cases {
        let told = load("", words).expect_err(expected);
        assert!(told.starts_with(expected), "{told}");
    }
    assert!(load("", &["--interface", "eth1", "--port", "65500", "--ports", "36"]).is_ok());
    let cases = [
        ("--sync-id", "256", "expected a whole number from 0 to 255"),
        ("--silence", "0", "expected a whole number from 1 to 86400"),
        ("--http", "9740", "expected an address and port such as"),
        ("--service", "web", "expected a service such as"),
        ("--coverage-master", "there", "expected `here`, or the absolute path"),
        ("--interface", "a-very-long-name-of-one", "expected an interface such as eth1"),
    ];
    for (flag, value, expected) in cases {
        let told = flags(&[flag, value]).expect_err(expected).to_string();
        assert!(told.contains(expected) && told.contains(value), "{told}");
    }
}

#[test]
fn a_reload_tells_what_waits_for_a_restart() {
    let one = parse(
        "listen.port = 1\nhttp = { listen = '[::1]:1', max_series = 1 }\nlog.format = 'json'",
    );
    let (one, other) = (one.expect("sound"), Config::default());
    assert_eq!(one.fixed(&other).collect::<Vec<_>>(), ["listen", "http.listen", "log.format"]);
    let two = parse(
        "watch = { max_connections = 1, sync_id = 1 }\nprocess.user = 'x'\nhttp.enabled = false",
    );
    let fixed: Vec<_> = two.expect("sound").fixed(&other).collect();
    assert_eq!(fixed, ["watch.max_connections", "http.enabled", "process"]);
    let three = parse(
        "watch = { sync_id = 1, services = ['::1'] }\nlog.level = 'off'\nhttp.max_series = 9",
    );
    assert_eq!(three.expect("sound").fixed(&other).count(), 0);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_damage_to_a_sound_file_makes_it_panic(
        place in any::<prop::sample::Index>(),
        length in 0..40_usize,
        with in "[\\[\\]\"'=#\\n.{}é0-9a-z_ -]{0,12}",
    ) {
        let letters: Vec<_> = EXAMPLE.chars().collect();
        let start = place.index(letters.len());
        let end = letters.len().min(start + length);
        let text: String =
            letters[..start].iter().copied().chain(with.chars()).chain(letters[end..].iter().copied()).collect();
        match parse(&text) {
            Ok(config) => prop_assert_eq!(parse(&config.text().expect("TOML")), Ok(config)),
            Err(told) => prop_assert!(told.starts_with(FILE), "{}", told),
        }
    }
}
