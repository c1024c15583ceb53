//! `meshplan diff` of plans and directories.

use std::fs;

use crate::common::{code, meshplan_in, small_plan, stderr, stdout};

#[test]
fn no_difference_is_exit_code_zero() {
    let plan = small_plan(&[]);
    assert_eq!(
        code(&meshplan_in(plan.path(), &["compile", "plan.toml"])),
        0
    );
    for sides in [
        ["plan.toml", "plan.toml"],
        ["plan.toml", "shop"],
        ["shop", "plan.toml"],
        ["shop", "shop"],
    ] {
        let output = meshplan_in(plan.path(), &["diff", sides[0], sides[1]]);
        assert_eq!(code(&output), 0, "{}", stdout(&output));
        assert_eq!(stdout(&output) + &stderr(&output), "");
    }
}

#[test]
fn a_changed_weight_is_a_renamed_step_and_a_changed_line() {
    let plan = small_plan(&[]);
    let text = fs::read_to_string(plan.path().join("plan.toml")).expect("the plan");
    fs::write(
        plan.path().join("new.toml"),
        text.replace("[10, 100]", "[20, 100]"),
    )
    .expect("a plan");
    let output = meshplan_in(plan.path(), &["diff", "plan.toml", "new.toml"]);
    assert_eq!(code(&output), 1);
    let diff = stdout(&output);
    for line in [
        "rename from 310-weight-10/70-httproute-ingress-web.yaml\
         \nrename to 320-weight-20/70-httproute-ingress-web.yaml\n",
        "--- old/310-weight-10/70-httproute-ingress-web.yaml\n+++ new/320-weight-20/70-httproute-ingress-web.yaml\n",
        "-      weight: 90\n+      weight: 80\n",
        "-      weight: 10\n+      weight: 20\n",
        "similarity 100%\nrename from 310-weight-10/rollback/70-httproute-ingress-web.yaml\n",
    ] {
        assert!(diff.contains(line), "{line}\nis not in\n{diff}");
    }
    assert!(
        !diff.contains("/dev/null") && !diff.contains("index.json") && !diff.contains('\u{1b}'),
        "{diff}"
    );
}

#[test]
fn added_and_removed_files_are_named() {
    let plan = small_plan(&[]);
    let text = fs::read_to_string(plan.path().join("plan.toml")).expect("the plan");
    fs::write(
        plan.path().join("new.toml"),
        text.replace("[10, 100]", "[10, 50, 100]"),
    )
    .expect("a plan");
    let forth = stdout(&meshplan_in(
        plan.path(),
        &["diff", "plan.toml", "new.toml"],
    ));
    assert!(
        forth.contains("--- /dev/null\n+++ new/350-weight-50/apply.sh\n@@ -0,0 +1,"),
        "{forth}"
    );
    let back = stdout(&meshplan_in(
        plan.path(),
        &["diff", "new.toml", "plan.toml"],
    ));
    assert!(
        back.contains("--- old/350-weight-50/apply.sh\n+++ /dev/null\n"),
        "{back}"
    );

    let stat = stdout(&meshplan_in(
        plan.path(),
        &["diff", "plan.toml", "new.toml", "--stat"],
    ));
    let last = stat.lines().last().expect("a sum");
    assert!(stat.contains(" 350-weight-50/apply.sh "), "{stat}");
    let counted = |what: &str| -> usize {
        let part = last
            .split(", ")
            .find(|part| part.contains(what))
            .expect(what);
        part.trim()
            .split(' ')
            .next()
            .expect("a number")
            .parse()
            .expect("a number")
    };
    let lines = |sign: char| {
        forth
            .lines()
            .filter(|line| line.starts_with(sign) && !line.starts_with(&sign.to_string().repeat(3)))
            .count()
    };
    assert_eq!(
        (counted("insertion"), counted("deletion")),
        (lines('+'), lines('-')),
        "{last}"
    );
}

#[test]
fn what_cannot_be_compared_is_reported() {
    let plan = small_plan(&[]);
    let text = fs::read_to_string(plan.path().join("plan.toml")).expect("the plan");
    fs::write(
        plan.path().join("bad.toml"),
        text.replace("[10, 100]", "[10, 5]"),
    )
    .expect("a plan");
    fs::write(plan.path().join("none.toml"), "a = [").expect("no plan");
    for (new, expected, word) in [
        ("bad.toml", 1, "error[weights-fall]"),
        ("none.toml", 2, "error[not-toml]"),
        ("missing.toml", 2, "reading plan missing.toml"),
        ("missing", 2, "opening the folder missing"),
    ] {
        let output = meshplan_in(plan.path(), &["diff", "plan.toml", new]);
        assert_eq!(code(&output), expected, "{new}: {}", stderr(&output));
        assert!(stderr(&output).contains(word), "{new}: {}", stderr(&output));
    }
}
