//! What a user sees of the command: exit codes, streams and files.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::common::{code, files, meshplan, meshplan_in, repository, small_plan, stderr, stdout};

#[test]
fn compiling_prints_a_line_per_step_and_writes_only_once() {
    let folder = small_plan(&[]);
    let first = meshplan_in(folder.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    assert_eq!(stderr(&first), "");
    let steps = fs::read_dir(folder.path().join("shop"))
        .expect("the tree")
        .filter(|entry| entry.as_ref().expect("an entry").path().is_dir())
        .count();
    assert_eq!(
        stdout(&first).lines().count(),
        steps + 1,
        "{}",
        stdout(&first)
    );

    let tree = folder.path().join("shop");
    fs::write(tree.join("notes.txt"), "mine\n").expect("a file of the user's");
    fs::write(tree.join("310-weight-10/notes.txt"), "mine too\n").expect("a file of the user's");
    let before = files(&tree);
    let modified = |name: &str| {
        fs::metadata(tree.join(name))
            .expect(name)
            .modified()
            .expect("a time")
    };
    let times: Vec<_> = before.keys().map(|name| modified(name)).collect();
    let again = meshplan_in(folder.path(), &["compile", "plan.toml"]);
    assert!(
        stdout(&again).contains(" 0 written, "),
        "{}",
        stdout(&again)
    );
    assert_eq!(files(&tree), before);
    assert_eq!(
        before.keys().map(|name| modified(name)).collect::<Vec<_>>(),
        times,
        "an unchanged compile rewrote a file"
    );
}

#[test]
fn removed_steps_lose_their_files_but_not_the_users_files() {
    let folder = small_plan(&[]);
    assert_eq!(
        code(&meshplan_in(folder.path(), &["compile", "plan.toml"])),
        0
    );
    let tree = folder.path().join("shop");
    fs::write(tree.join("310-weight-10/notes.txt"), "mine\n").expect("a file of the user's");
    let plan = fs::read_to_string(folder.path().join("plan.toml")).expect("the plan");
    fs::write(
        folder.path().join("plan.toml"),
        plan.replace("[10, 100]", "[20, 100]"),
    )
    .expect("the plan");

    let kept = meshplan_in(folder.path(), &["compile", "plan.toml", "--no-prune"]);
    assert_eq!(code(&kept), 0);
    assert!(
        tree.join("310-weight-10/apply.sh").exists()
            && tree.join("320-weight-20/apply.sh").exists()
    );

    fs::write(
        folder.path().join("plan.toml"),
        plan.replace("[10, 100]", "[30, 100]"),
    )
    .expect("the plan");
    fs::write(tree.join("320-weight-20/verify.sh"), "# edited\n").expect("editing");
    let pruned = meshplan_in(folder.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&pruned), 0);
    assert!(
        !tree.join("320-weight-20/apply.sh").exists(),
        "stale and unchanged"
    );
    assert!(
        tree.join("320-weight-20/verify.sh").exists(),
        "stale but edited"
    );
    assert!(
        stderr(&pruned).contains("kept shop/320-weight-20/verify.sh"),
        "{}",
        stderr(&pruned)
    );
    assert!(tree.join("310-weight-10/notes.txt").exists());
    assert!(
        !tree.join("310-weight-10/apply.sh").exists(),
        "--no-prune keeps the file, and a compile without it removes the file"
    );

    // meshplan still manages the files that it kept: it reports them again, and overwrites them if the plan
    // needs them again.
    let again = meshplan_in(folder.path(), &["compile", "plan.toml"]);
    assert!(
        stderr(&again).contains("kept shop/320-weight-20/verify.sh"),
        "{}",
        stderr(&again)
    );
    fs::write(
        folder.path().join("plan.toml"),
        plan.replace("[10, 100]", "[20, 100]"),
    )
    .expect("the plan");
    let back = meshplan_in(folder.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&back), 0, "{}", stderr(&back));
    assert!(!tree.join(".meshplan-kept").exists());
}

#[test]
fn files_that_meshplan_did_not_write_are_never_overwritten() {
    let folder = small_plan(&[]);
    fs::create_dir(folder.path().join("shop")).expect("a folder");
    fs::write(folder.path().join("shop/README.md"), "my own\n").expect("a file");
    let output = meshplan_in(folder.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("shop/README.md was not written by meshplan; move it away"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        files(&folder.path().join("shop")).len(),
        1,
        "the folder contains other files"
    );
}

#[test]
fn text_that_is_not_toml_is_exit_code_two() {
    let folder = small_plan(&[("[shift]", "[shift")]);
    for verb in ["compile", "check"] {
        let output = meshplan_in(folder.path(), &[verb, "plan.toml"]);
        assert_eq!(code(&output), 2);
        assert!(
            stderr(&output).contains("error[not-toml]"),
            "{}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains("--> plan.toml:"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn unreadable_input_is_exit_code_two_and_the_error_names_the_operation() {
    let output = meshplan(&["compile", "no/such/plan.toml"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).starts_with("error: reading plan no/such/plan.toml: "),
        "{}",
        stderr(&output)
    );
    for arguments in [
        &["compile"][..],
        &["no-such-verb"],
        &["compile", "x.toml", "--no-such-option"],
    ] {
        assert_eq!(code(&meshplan(arguments)), 2, "{arguments:?}");
    }
}

#[test]
fn the_help_has_no_unbuilt_features() {
    let reference = meshplan::cli::reference();
    for word in ["flux", "sarif", "junit", "yet"] {
        assert!(!reference.contains(word), "{word}");
    }
    let schema = stdout(&meshplan(&["schema"]));
    for word in [
        "x-not-yet",
        "\"placement\"",
        "\"touch\"",
        "\"sail\"",
        "\"HTTPS\"",
    ] {
        assert!(!schema.contains(word), "{word}");
    }
}

#[test]
fn a_plan_can_come_from_standard_input() {
    let folder = small_plan(&[]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_meshplan"))
        .args(["compile", "-", "--out", "tree"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("meshplan can be started");
    let plan = fs::read(folder.path().join("plan.toml")).expect("the plan");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(&plan)
        .expect("writing the plan");
    assert_eq!(child.wait().expect("an end").code(), Some(0));
    assert!(folder.path().join("tree/index.json").exists());
}

#[test]
fn several_plans_each_get_a_folder_and_duplicate_names_are_found() {
    let folder = small_plan(&[]);
    let plan = fs::read_to_string(folder.path().join("plan.toml")).expect("the plan");
    fs::write(
        folder.path().join("other.toml"),
        plan.replace("name = \"shop\"", "name = \"other\""),
    )
    .expect("a plan");
    let output = meshplan_in(
        folder.path(),
        &["compile", "plan.toml", "other.toml", "--out", "all"],
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        folder.path().join("all/shop/index.json").exists()
            && folder.path().join("all/other/index.json").exists()
    );

    fs::copy(
        folder.path().join("plan.toml"),
        folder.path().join("copy.toml"),
    )
    .expect("a copy");
    let output = meshplan_in(
        folder.path(),
        &["compile", "plan.toml", "copy.toml", "--out", "two"],
    );
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("error[duplicate-name]"),
        "{}",
        stderr(&output)
    );
    assert!(!folder.path().join("two").exists());
}

#[test]
fn templates_can_be_replaced_by_name() {
    let folder = small_plan(&[]);
    let templates = folder.path().join("own");
    fs::create_dir(&templates).expect("a folder");
    let text =
        fs::read_to_string(repository().join("templates/namespace.yaml")).expect("a template");
    fs::write(
        templates.join("namespace.yaml"),
        text.replace("labels:", "labels:\n    team: {{ \"yes\" }}"),
    )
    .expect("a template");
    let output = meshplan_in(
        folder.path(),
        &["compile", "plan.toml", "--templates", "own"],
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let namespace = folder
        .path()
        .join("shop/140-stable-namespace/00-namespace-shop-1-29-6.yaml");
    assert!(
        fs::read_to_string(namespace)
            .expect("the namespace")
            .contains("    team: \"yes\"\n")
    );

    for (name, text, word) in [
        ("namespace.yaml", "a: {{ nmae }}\n", "own/namespace.yaml:1:"),
        ("namespace.yaml", "a: {{ name \n", "own/namespace.yaml:"),
        (
            "namespace.yaml",
            "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
            "own/namespace.yaml",
        ),
        ("namespace.yaml", "a: 1\n", "rendered-schema"),
        ("namspace.yaml", "a: 1\n", "did you mean `namespace.yaml`?"),
    ] {
        fs::remove_dir_all(&templates).expect("removing");
        fs::create_dir(&templates).expect("a folder");
        fs::write(templates.join(name), text).expect("a template");
        let output = meshplan_in(
            folder.path(),
            &[
                "compile",
                "plan.toml",
                "--templates",
                "own",
                "--out",
                "never",
            ],
        );
        assert_eq!(code(&output), 1, "{text}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(word),
            "{text}: {}",
            stderr(&output)
        );
        assert!(!folder.path().join("never").exists());
    }
}

/// The templates that a plan names apply to every subcommand, and meshplan lists the scripts that they change.
#[test]
fn a_plan_names_its_own_templates() {
    let folder = small_plan(&[("name = \"shop\"", "name = \"shop\"\ntemplates = \"own/\"")]);
    let scripts = folder.path().join("own/scripts");
    fs::create_dir_all(&scripts).expect("a folder");
    let text =
        fs::read_to_string(repository().join("templates/scripts/verify.sh")).expect("a template");
    fs::write(
        scripts.join("verify.sh"),
        text + "echo 'ask the people on call'\n",
    )
    .expect("a template");
    let run = |arguments: &[&str]| meshplan_in(folder.path(), arguments);
    let output = run(&["compile", "plan.toml"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let said = stderr(&output);
    assert!(
        said.contains("your templates change these scripts")
            && said.contains("310-weight-10/verify.sh"),
        "{said}"
    );
    assert!(!said.contains("apply.sh"), "{said}");
    let verify = folder.path().join("shop/310-weight-10/verify.sh");
    assert!(
        fs::read_to_string(verify)
            .expect("a script")
            .contains("people on call")
    );
    for arguments in [
        &["check", "plan.toml", "--golden", "shop"][..],
        &["diff", "plan.toml", "shop"],
    ] {
        let output = run(arguments);
        assert_eq!(
            code(&output),
            0,
            "{arguments:?}: {}{}",
            stdout(&output),
            stderr(&output)
        );
    }
    // The `--templates` flag overrides the templates that the plan names.
    fs::create_dir(folder.path().join("others")).expect("a folder");
    fs::write(folder.path().join("others/_none.sh"), "# nothing\n").expect("a template");
    let output = run(&[
        "compile",
        "plan.toml",
        "--templates",
        "others",
        "--out",
        "plain",
    ]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        !stderr(&output).contains("your templates"),
        "{}",
        stderr(&output)
    );
    fs::remove_dir_all(folder.path().join("own")).expect("removing");
    let output = run(&["check", "plan.toml"]);
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("templates-unreadable")
            && stderr(&output).contains("plan.toml:2:"),
        "{}",
        stderr(&output)
    );
}

/// The name of one revision may be a suffix or a substring of the other's name.
#[test]
fn revision_names_that_contain_each_other_are_distinguished() {
    for (old, new) in [
        ("prod", "prod-2"),
        ("prod-2", "prod"),
        ("2", "prod-2"),
        ("a", "a-a"),
    ] {
        let stable = format!("[stable]\nrevision = \"{old}\"");
        let canary = format!("[canary]\nrevision = \"{new}\"");
        let folder = small_plan(&[("[stable]", &stable), ("[canary]", &canary)]);
        let output = meshplan_in(folder.path(), &["compile", "plan.toml"]);
        assert_eq!(
            (code(&output), stderr(&output).as_str()),
            (0, ""),
            "{old} {new}"
        );
        let output = meshplan_in(folder.path(), &["check", "shop"]);
        assert_eq!(
            (code(&output), stderr(&output).as_str()),
            (0, ""),
            "{old} {new}"
        );
    }
}

#[test]
fn warnings_alone_are_fine_unless_denied() {
    let folder = small_plan(&[]);
    let web = folder.path().join("web.yaml");
    let text = fs::read_to_string(&web).expect("the manifest");
    let image = "image: registry.example/web:1";
    fs::write(
        &web,
        text.replace(
            image,
            &format!("{image}\n        args: [\"--db=db.data.svc\"]"),
        ),
    )
    .expect("the manifest");
    let output = meshplan_in(folder.path(), &["check", "plan.toml"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("warning[foreign-service-name]"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        code(&meshplan_in(
            folder.path(),
            &["check", "plan.toml", "--deny", "warnings"]
        )),
        1
    );
    assert_eq!(
        code(&meshplan_in(folder.path(), &["compile", "plan.toml"])),
        0
    );
}

#[test]
fn a_field_is_rejected_for_the_bundle_without_it_and_accepted_for_the_next() {
    let folder = small_plan(&[]);
    let web = folder.path().join("web.yaml");
    let text = fs::read_to_string(&web).expect("the manifest");
    let route = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: own\nspec:\
        \n  rules:\n  - name: first\n";
    fs::write(&web, text + route).expect("the manifest");
    let plan = fs::read_to_string(folder.path().join("plan.toml")).expect("the plan");
    for (bundle, taken) in [("v1.3.0", false), ("v1.4.0", true)] {
        fs::write(
            folder.path().join("plan.toml"),
            plan.replace("v1.4.1", bundle),
        )
        .expect("the plan");
        let output = meshplan_in(folder.path(), &["check", "plan.toml"]);
        assert_eq!(code(&output) == 0, taken, "{bundle}: {}", stderr(&output));
        assert_eq!(
            stderr(&output).contains("spec.rules.0.name: unknown field"),
            !taken,
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn kinds_without_a_schema_are_accepted_and_listed() {
    let folder = small_plan(&[]);
    let web = folder.path().join("web.yaml");
    let text = fs::read_to_string(&web).expect("the manifest");
    let thing = "---\napiVersion: things.example/v1\nkind: Thing\nmetadata:\n  name: own\nspec:\
        \n  any: [1, {thing: yes}]\n";
    fs::write(&web, text + thing).expect("the manifest");
    let output = meshplan_in(folder.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&output), 0);
    assert!(
        stderr(&output).contains("no schema describes them: things.example/v1 Thing"),
        "{}",
        stderr(&output)
    );
    let placed = folder
        .path()
        .join("shop/250-canary-workloads/50-thing-shop-1-30-3-own.yaml");
    let placed = fs::read_to_string(placed).expect("the object");
    assert!(
        placed.ends_with("spec:\n  any:\n  - 1\n  - thing: true\n"),
        "{placed}"
    );
}

#[test]
fn several_plans_are_one_json_document() {
    let output = meshplan(&[
        "compile",
        "tests/bad/weights-fall.toml",
        "tests/bad/bad-path.toml",
        "--format",
        "json",
        "--out",
        "target/never",
    ]);
    assert_eq!(code(&output), 1);
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("one document");
    assert!(
        json["findings"]
            .as_array()
            .is_some_and(|findings| findings.len() > 4)
    );
}

#[test]
fn a_thousand_objects_each_have_their_file() {
    let folder = small_plan(&[]);
    let web = folder.path().join("web.yaml");
    let mut text = fs::read_to_string(&web).expect("the manifest");
    for number in 0..1000 {
        use std::fmt::Write as _;
        write!(
            text,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\n"
        )
        .expect("writing to a string");
    }
    fs::write(&web, text).expect("the manifest");
    let output = meshplan_in(folder.path(), &["compile", "plan.toml"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let maps = files(&folder.path().join("shop"))
        .into_keys()
        .filter(|path| path.contains("-configmap-shop-"))
        .count();
    assert_eq!(
        maps,
        6 * 1000,
        "stable, canary, deletions, and the rollback of each"
    );
}

#[test]
fn the_reference_of_the_command_line_is_current() {
    let path = repository().join("docs/cli.md");
    let reference = meshplan::cli::reference();
    if std::env::var_os("MESHPLAN_BLESS").is_some() {
        fs::write(&path, &reference).expect("writing docs/cli.md");
    }
    let text = fs::read_to_string(&path).expect("docs/cli.md");
    assert!(
        text == reference,
        "docs/cli.md is out of date; `MESHPLAN_BLESS=1 cargo test --test suite cli::` regenerates it"
    );
}

#[test]
fn every_shell_gets_its_completions_and_every_verb_its_help() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = meshplan(&["completions", shell]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        assert!(stdout(&output).contains("rehearse"), "{shell}");
    }
    let output = meshplan(&["help", "trace"]);
    assert_eq!(code(&output), 0);
    assert!(stdout(&output).contains("--path"), "{}", stdout(&output));
}

/// The first output in the README is what the command prints.
#[test]
fn the_output_in_the_readme_is_current() {
    let readme = fs::read_to_string(repository().join("README.md")).expect("README.md");
    let block = readme
        .split("```console\n")
        .nth(1)
        .expect("a console block");
    let block = block.split("```").next().expect("its end");
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("bookinfo");
    let output = meshplan(&[
        "compile",
        "plans/bookinfo.toml",
        "--out",
        &out.to_string_lossy(),
    ]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let printed = stdout(&output).replace(&*out.to_string_lossy(), "bookinfo");
    let lines = block
        .lines()
        .filter(|line| !line.starts_with('$') && *line != "…");
    for line in lines {
        assert!(printed.lines().any(|own| own == line), "{line}\n{printed}");
    }
}

#[test]
fn nothing_to_check_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("empty.yaml"), "# nothing\n").expect("writing");
    for subject in ["empty.yaml", "."] {
        let output = meshplan_in(folder.path(), &["check", subject]);
        assert_eq!(code(&output), 2, "{subject}");
        assert!(
            stderr(&output).contains("contains no Kubernetes object"),
            "{}",
            stderr(&output)
        );
    }
}
