//! `meshplan dump`: an existing mesh, printed into a directory for a plan.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::output::{Exit, Shell};
use crate::cluster::Cluster;

#[derive(Debug, Args)]
pub(super) struct Dump {
    /// Directory to write; must be new, empty, or an earlier dump
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Kubeconfig file; default: the one that kubectl uses
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; default: the current context
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

impl Dump {
    pub fn run(self, shell: &mut Shell) -> Result<Exit> {
        let scratch = tempfile::tempdir().context("creating a temporary directory")?;
        let cluster = Cluster::resolve(
            &std::env::var("KUBECTL").unwrap_or_else(|_| "kubectl".to_owned()),
            self.kubeconfig.as_deref(),
            self.context.as_deref(),
            scratch.path(),
        )?;
        let printed = cluster.dump(&self.out).context("no dump was written")?;
        let mut total = 0;
        for one in &printed {
            let count = match one.objects {
                Some(count) => {
                    total += count;
                    count.to_string()
                }
                None => "not served".to_owned(),
            };
            shell.print(&format!("{:<60} {count}\n", one.resource))?;
        }
        shell.print(&format!(
            "{}: {total} objects of {} kinds\n\
             left out: Secrets, pods, status; environment, volumes and annotations of workloads that are not Istio's\n",
            self.out.display(),
            printed.len()
        ))?;
        Ok(Exit::Fine)
    }
}
