use super::*;

fn git(url: &str) -> (String, Option<Access>) {
    let (source, access) = Source::git(url, "", "").unwrap();
    (source.address(), access)
}

fn token(user: &str, token: &str) -> Option<Access> {
    Some(Access { user: user.into(), token: token.into() })
}

#[test]
fn one_repository_has_one_address_and_no_token_in_it() {
    let address = "git https://git.example.org/team/hello.git";
    for (url, access) in [
        ("https://git.example.org/team/hello.git", None),
        (" HTTPS://Git.Example.org:443/team/hello.git/ ", None),
        ("https://git.example.org/team/x/../hello.git//", None),
        ("https://ann:open-sesame@git.example.org/team/hello.git", token("ann", "open-sesame")),
        ("https://ann:open%2Dsesame%40@git.example.org/team/hello.git", token("ann", "open-sesame@")),
        ("https://open-sesame@git.example.org/team/hello.git", token("", "open-sesame")),
        ("https://open-sesame:@git.example.org/team/hello.git", token("", "open-sesame")),
        ("https://:open-sesame@git.example.org/team/hello.git", token("", "open-sesame")),
    ] {
        assert_eq!(git(url), (address.into(), access), "{url}");
    }
    assert_eq!(git("file:///srv/git/hello/"), ("git file:///srv/git/hello".into(), None));
    assert_eq!(git("http://[::1]:8080/hello"), ("git http://[::1]:8080/hello".into(), None));
    assert_eq!(git("http://127.0.0.1:8080/hello"), ("git http://127.0.0.1:8080/hello".into(), None));
}

#[test]
fn what_is_no_address_of_a_repository_is_said_without_its_token() {
    for (url, said) in [
        ("", "this is no address, such as https://"),
        ("hello", "this is no address"),
        ("/srv/git/hello", "this is no address"),
        ("git@git.example.org:team/open-sesame.git", "this is no address"),
        ("git.example.org:team/hello.git", "not by SSH"),
        ("ssh://open-sesame@git.example.org/hello", "not by SSH"),
        ("git://git.example.org/hello", "https, http or file"),
        ("ext::sh -c id", "https, http or file"),
        ("http://git.example.org/hello", "without TLS, repositories of this machine alone are read"),
        ("http://ann:open-sesame@10.0.0.7/hello", "Begin it with https://"),
        ("https://", "this is no address"),
        ("https://git.example.org", "names no repository"),
        ("https://git.example.org//", "names no repository"),
        ("https://ann:open-sesame@git.example.org/hello?x=1", "no `?` and no `#`"),
        ("https://git.example.org/hello#main", "no `?` and no `#`"),
        ("https://ann:open-sesame@git.exa mple.org/hello", "this is no address"),
        ("https://git.example.org/he\nllo", "a control character"),
        ("https://git.example.org/he\0llo", "a control character"),
        ("https://git.example.org/he\u{202e}llo", "a character in it that cannot be seen"),
        ("https://ann:%00open-sesame@git.example.org/hello", "cannot be read"),
        ("https://ann:%ffopen-sesame@git.example.org/hello", "cannot be read"),
        ("file://git.example.org/hello", "by its whole path"),
        ("file:///", "names no repository"),
    ] {
        let error = Source::git(url, "", "").unwrap_err();
        assert!(matches!(error, SourceError::Address(_)), "{url}: {error:?}");
        assert!(error.to_string().contains(said), "{url}: {error}");
        assert!(!error.to_string().contains("sesame"), "{error}");
    }
    let long = format!("https://git.example.org/{}", "a".repeat(LONGEST_ADDRESS));
    assert!(Source::git(&long, "", "").unwrap_err().to_string().contains("more than 2048 bytes"));
}

#[test]
fn branches_and_paths_are_looked_at() {
    let parse = |reference: &str, path: &str| Source::git("https://git.example.org/hello", reference, path);
    let Source::Git(parsed) = parse(" v1.2 ", " dist/hello.wasm ").unwrap().0 else { panic!() };
    assert_eq!((parsed.reference.as_deref(), parsed.path.as_deref()), (Some("v1.2"), Some("dist/hello.wasm")));
    let Source::Git(parsed) = parse("", " ").unwrap().0 else { panic!() };
    assert_eq!((parsed.reference, parsed.path), (None, None));
    for reference in
        ["-x", "--upload-pack=x", "a..b", "a b", "a:b", "refs/*", "a~1", "a^", "a@{1}", "a\\b", "a\nb", "/a"]
    {
        assert!(parse(reference, "").is_err(), "{reference}");
    }
    assert!(parse(&"a".repeat(256), "").is_err());
    for path in ["/etc/passwd", "../x", "a/../x", "a//x", "./x", "x/", "a\\x", "a\0x", "."] {
        assert!(parse("", path).is_err(), "{path}");
    }
    assert!(parse("", &"a".repeat(1_025)).is_err());
}

#[test]
fn sources_are_kept_as_text() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let sources = [
        Source::git("https://git.example.org/hello", "main", "a.wasm").unwrap().0,
        Source::git("file:///srv/hello", "", "").unwrap().0,
        Source::registry("registry.example.org/team/hello:1.2").unwrap(),
        Source::registry(&format!("registry.example.org/team/hello@{digest}")).unwrap(),
    ];
    for source in sources {
        let text = serde_json::to_string(&source).unwrap();
        assert_eq!(serde_json::from_str::<Source>(&text).unwrap(), source, "{text}");
    }
    let told = serde_json::to_value(Source::registry("registry.example.org/hello").unwrap()).unwrap();
    assert_eq!(told["kind"], "registry");
}
