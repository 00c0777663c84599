//! Flags that name the calls something is tried on: one, those of a lead, or a sample of a campaign's.

use clap::Args;
use serde_json::Value;

use crate::exit::Failure;

/// Which calls.
#[derive(Args, Debug)]
pub struct Calls {
    /// On the calls of this lead
    #[arg(long, value_name = "LEAD", conflicts_with_all = ["call", "campaign"])]
    lead: Option<String>,
    /// On this call
    #[arg(long, value_name = "CALL", conflicts_with = "campaign")]
    call: Option<String>,
    /// On a random sample of this campaign's calls
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<String>,
    /// How many calls the sample has
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    sample: u32,
}

impl Calls {
    /// Names them in the body of a request.
    pub fn name(&self, body: &mut Value) -> Result<(), Failure> {
        match (&self.lead, &self.call, &self.campaign) {
            (Some(lead), ..) => body["lead"] = lead.as_str().into(),
            (None, Some(call), _) => body["call"] = call.as_str().into(),
            (None, None, Some(campaign)) => {
                (body["campaign"], body["sample"]) = (campaign.as_str().into(), self.sample.into());
            }
            (None, None, None) => {
                return Err(Failure::usage("no calls are named").next("name --lead, --call or --campaign"));
            }
        }
        Ok(())
    }
}
