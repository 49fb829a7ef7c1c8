//! What settings are taken and refused (设置的测试).

use domain::tongues;

use super::*;

#[test]
fn an_empty_file_gives_the_defaults() {
    assert_eq!(Config::parse("", "x").unwrap(), Config::default());
}

#[test]
fn a_misspelled_key_is_an_error_with_a_suggestion() {
    let error = Config::parse("zoen = \"Asia/Shanghai\"\n", "q.toml").unwrap_err();
    let text = error.to_string();
    assert!(text.contains("q.toml:1:1") && text.contains("`zone`"), "{text}");
}

#[test]
fn what_cannot_be_read_is_told_in_the_language_of_whoever_reads_it() {
    let table = [
        ("promise_tolerance = \"2\"", "整数", "expected u32"),
        ("book_stale_after = -1", "整数", "whole number"),
        ("telephone = 05718800000", "以 0 开头", "begins with 0"),
        ("telephone = 0571-8800000", "英文引号", "stand in quotes"),
        ("log = info", "英文引号", "stands in quotes"),
        ("zone = \"a\" \"b\"", "一行只写一项", "one setting"),
        ("rehearsal = True", "小写", "small letters"),
        ("[guard.channels]\nsmss = 10", "`sms`", "did you mean `sms`"),
        ("[guard]\ntims = 3", "`times`", "did you mean `times`"),
        ("zone = 9", "要写文字", "expected a string"),
        ("rehearsal = \"yes\"", "true 或 false", "expected a boolean"),
        ("zone = “UTC”", "全角", "full-width"),
        ("zone = UTC", "英文引号", "stands in quotes"),
        ("zone = \"a\"\nzone = \"b\"", "写了两次", "stands twice"),
        (
            "[[people]]\nname = \"示例甲\"\nroles = []",
            "缺少 `login`",
            "`login` is missing",
        ),
        ("[guard]\ntimes = 2\nzone = \"UTC\"", "第一个 [小节] 之前", "above the first"),
    ];
    for (text, zh, en) in table {
        let told = format!("{:#}", Config::parse(text, "q.toml").unwrap_err());
        let (chinese, english) = (tongues::chinese(&told), tongues::english(&told));
        assert!(chinese.contains(zh) && !chinese.contains("expected"), "{told}");
        assert!(english.contains(en), "{told}");
    }
}

#[test]
fn a_bound_of_no_times_and_people_without_a_name_are_refused() {
    let table = [
        ("[guard]\ntimes = 0", "guard.times = 0"),
        ("[blast_guard]\ntimes = 0", "blast_guard.times = 0"),
        ("[[people]]\nname = \"\"\nlogin = \"a\"\nroles = []", "name = \"\""),
        ("[[people]]\nname = \"示例甲\"\nlogin = \"a \"\nroles = []", "login = \"a \""),
    ];
    for (text, named) in table {
        let error = Config::parse(text, "q.toml").unwrap_err().to_string();
        assert!(error.contains("q.toml") && error.contains(named), "{error}");
    }
}

#[test]
fn figures_are_for_this_machine_alone() {
    let read = |text: &str| {
        let config = Config::parse(&format!("metrics = {text:?}"), "q.toml")?;
        config.metrics_at("q.toml")
    };
    assert_eq!(read("").unwrap(), None);
    for good in ["127.0.0.1:9464", "127.8.0.1:1", "[::1]:9464"] {
        assert_eq!(read(good).unwrap().unwrap().to_string(), good);
    }
    for bad in ["0.0.0.0:9464", "[::]:9464", "192.168.1.5:9464", "9464", "127.0.0.1:0"] {
        let text = read(bad).unwrap_err().to_string();
        assert!(text.contains("q.toml") && text.contains("9464"), "{bad}: {text}");
    }
}

#[test]
fn a_house_has_a_name() {
    for name in ["", " ", "\u{3000}"] {
        let text = Config::parse(&format!("institution = \"{name}\""), "q.toml");
        let text = text.unwrap_err().to_string();
        assert!(text.contains("institution"), "{text}");
    }
}

#[test]
fn a_promise_is_not_left_ungraded_for_months() {
    let read = |days: u32| Config::parse(&format!("promise_tolerance = {days}"), "q");
    assert_eq!(read(30).unwrap().promise_tolerance, 30);
    let text = read(31).unwrap_err().to_string();
    assert!(text.contains("promise_tolerance") && text.contains("30"), "{text}");
}

#[test]
fn bounds_are_read_with_the_channels_that_have_their_own() {
    let text = "[guard]\nat_least = 300\n[guard.channels]\nsms = 5000\n";
    let bounds = Config::parse(text, "q").unwrap().bounds();
    assert_eq!((bounds.times, bounds.at_least), (2, 300));
    assert_eq!(bounds.of_day(Channel::Sms, 10), 5_000);
    assert_eq!(bounds.of_day(Channel::Visit, 10), 300);
    let text = "[guard.channels]\nsmss = 1\n";
    let error = Config::parse(text, "q").unwrap_err().to_string();
    assert!(error.contains("q:2:1") && error.contains("smss"), "{error}");
    for bad in [
        "[guard]\ntimes = 0\n",
        "book_stale_after = 91\n",
        "retention.messages_days = 29\n",
        "retention.logs_days = 119\n",
        "retention.rejects_days = 0\n",
        "retention.messages_days = 36501\n",
        "retention.logs_days = 99999999\n",
        "retention.rejects_days = 4294967295\n",
    ] {
        assert!(Config::parse(bad, "q").is_err(), "{bad}");
    }
}

#[test]
fn a_release_is_held_to_the_guard_s_bounds_unless_it_has_its_own() {
    let read = |text: &str| Config::parse(text, "q").unwrap().release_bounds();
    assert_eq!(read(""), (2, 100));
    assert_eq!(read("[guard]\ntimes = 3\nat_least = 50\n"), (3, 50));
    assert_eq!(read("[guard]\ntimes = 3\n[blast_guard]\nat_least = 7\n"), (3, 7));
}

#[test]
fn a_variable_that_is_a_slip_of_a_setting_is_named_and_another_s_is_not() {
    let text = "[plugins.remind.sms]\ntoken_env = \"QINGSHOU_ZONES\"\n";
    let config = Config::parse(text, "qingshou.toml").unwrap();
    let table = [
        ("QINGSHOU_GUARD_AT_LEST", Some(Some("QINGSHOU_GUARD_AT_LEAST"))),
        ("QINGSHOU_GUARD_CHANNELS_SMSS", Some(Some("QINGSHOU_GUARD_CHANNELS_SMS"))),
        ("QINGSHOU_GUARD_NOTHING_LIKE_IT", Some(None)),
        ("QINGSHOU_BOOK_STALE_AFTR", Some(Some("QINGSHOU_BOOK_STALE_AFTER"))),
        ("QINGSHOU_GUARD_AT_LEAST", None),
        ("QINGSHOU_SITE", None),
        ("QINGSHOU_ZONES", None),
        ("QINGSHOU_SMS_TOKEN", None),
        ("GUARD_AT_LEST", None),
    ];
    for (name, wanted) in table {
        let found = config.strange_among([name.to_owned()].into_iter());
        let wanted: Vec<(String, Option<String>)> = wanted
            .into_iter()
            .map(|meant| (name.to_owned(), meant.map(str::to_owned)))
            .collect();
        assert_eq!(found, wanted, "{name}");
    }
}

#[test]
fn a_value_of_the_environment_stands_where_the_file_would_have_it() {
    let mut table: toml::Table = toml::from_str("[guard]\ntimes = 3\n").unwrap();
    let place = (vec!["guard", "channels"], "sms");
    set(&mut table, &place, toml::Value::Integer(9));
    set(&mut table, &(Vec::new(), "rehearsal"), toml::Value::Boolean(true));
    let config: Config = table.try_into().unwrap();
    assert_eq!(config.guard.channels[&Channel::Sms], 9);
    assert!(config.rehearsal && config.guard.times == 3);
}

#[test]
fn an_unknown_role_and_a_name_or_login_that_stands_twice_are_refused() {
    let role = "[[people]]\nname='甲'\nlogin='a'\nroles=['superviser']\n";
    let text = Config::parse(role, "q.toml").unwrap_err().to_string();
    assert!(text.contains("supervisor"), "{text}");
    let twice = "[[people]]\nname='甲'\nlogin='a'\nroles=[]\n\
                 [[people]]\nname='甲'\nlogin='b'\nroles=[]\n";
    assert!(Config::parse(twice, "q.toml").is_err());
    let login = "[[people]]\nname='甲'\nlogin='a'\nroles=[]\n\
                 [[people]]\nname='乙'\nlogin='a'\nroles=[]\n";
    let text = Config::parse(login, "q.toml").unwrap_err().to_string();
    assert!(text.contains("login"), "{text}");
}
