//! Probes as gates: what is asked at each step, and at each weight a sample of who answers.

use super::context::Context;
use crate::plan::{self, Mark, Sample, bounds};
use crate::step::{Answered, Gate};

/// How many requests with the header are asked for: every one of them is the canary's.
const WITH_HEADER: u16 = 20;

impl Context<'_> {
    /// The probes as gates; with the shift's header if asked for.
    pub fn probes(&self, with_header: bool) -> Vec<Gate> {
        let header = self.sent(with_header);
        let of = |probe: &plan::Probe| Gate::Probe {
            name: probe.name.get_ref().clone(),
            url: probe.url.get_ref().clone(),
            status: probe.expect.status.get_ref().0,
            contains: probe.expect.contains.as_ref().map(|c| c.get_ref().clone()),
            answers: probe.expect.header.as_ref().map(answered),
            header: header.clone(),
        };
        self.plan.probe.iter().map(of).collect()
    }

    /// The samples as gates, where the canary has a share in percent of the requests without the header; and of those with it all, where there are
    /// rules for it.
    pub fn samples(&self, percent: u16, header: bool) -> Vec<Gate> {
        let probes = self.plan.probe.iter();
        let sampled = probes.filter_map(|probe| Some((probe, probe.sample.as_ref()?)));
        let mut gates = Vec::new();
        for (probe, sample) in sampled {
            let requests = sample.requests.get_ref().0;
            gates.push(self.sample((probe, sample), false, (requests, percent)));
            if header {
                let few = requests.min(WITH_HEADER);
                gates.push(self.sample((probe, sample), true, (few, 100)));
            }
        }
        gates
    }

    fn sample(
        &self,
        (probe, sample): (&plan::Probe, &Sample),
        with_header: bool,
        (requests, percent): (u16, u16),
    ) -> Gate {
        let (least, most) = bounds(requests, percent);
        let Mark { contains, header } = &sample.canary;
        Gate::Sample {
            name: probe.name.get_ref().clone(),
            url: probe.url.get_ref().clone(),
            header: self.sent(with_header),
            requests,
            contains: contains.as_ref().map(|text| text.get_ref().clone()),
            answers: header.as_ref().map(answered),
            least,
            most,
        }
    }

    /// The header that leads to the canary, as curl sends it, if it is asked for.
    fn sent(&self, with_header: bool) -> Option<String> {
        let (name, value) = self.header().filter(|_| with_header)?;
        Some(format!("{name}: {value}"))
    }
}

fn answered(header: &plan::Header) -> Answered {
    Answered {
        name: header.name.get_ref().to_lowercase(),
        value: header.value.get_ref().clone(),
    }
}
