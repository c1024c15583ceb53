//! Probes as gates: the requests after each step, and a sample of the answers at each weight.

use super::context::Context;
use crate::plan::{self, Mark, Sample, bounds};
use crate::step::{Answered, Gate};

/// The number of sampled requests with the header; the canary must answer all of them.
const WITH_HEADER: u16 = 20;

impl Context<'_> {
    /// Returns the probes as gates, with the header of the traffic shift if `with_header` is set.
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

    /// Returns the samples as gates. The canary gets `percent` of the requests without the header, and all
    /// requests with it if `header` is set.
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

    /// Returns the header that leads to the canary in curl's format, if it is requested.
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
