//! What can be asked for, as types, so that a permission for one thing cannot be spent on another.

use crate::{Asked, OrganisationNumber, Tier};
use hjemmel_kostra::Form;
use hjemmel_kostra::agreement::Variable;
use std::collections::BTreeSet;

/// The scope a token must carry for unit records.
pub const SCOPE_MICRODATA: &str = "ssb:kostra.microdata";
/// The scope a token must carry for exact cells.
pub const SCOPE_TABLES: &str = "ssb:kostra.tables";
/// The scope an organisation's token must carry to ask protected questions.
pub const SCOPE_QUESTIONS: &str = "ssb:kostra.questions";
/// The scope a municipality's token must carry to deliver for itself.
pub const SCOPE_DELIVERIES: &str = "ssb:kostra.deliveries";

mod sealed {
    use super::{Asked, BTreeSet, Tier};

    /// What a decision reads of one request.
    pub struct Need<'a> {
        /// The request, as the record keeps it.
        pub asked: Asked,
        /// Columns asked for by name; none means all the grant gives.
        pub columns: Option<&'a BTreeSet<String>>,
        /// Regions asked for by code.
        pub regions: Option<&'a BTreeSet<String>>,
        /// Whether leaving the regions out asks for the whole country, not for what the grant gives.
        pub whole_country: bool,
        /// The least revealing tier that could answer.
        pub tier: Tier,
        /// Whether it asks for what is not published yet.
        pub unpublished: bool,
        /// The scope the token must carry; none for what no caller may ever ask for.
        pub scope: Option<&'static str>,
    }

    /// Keeps the set of actions closed, and what deciding reads of them inside the crate.
    pub trait Sealed {
        type Of;
        fn need(resource: &Self::Of) -> Need<'_>;
    }
}

pub(crate) use sealed::{Need, Sealed};

/// Something a caller can be permitted to do.
pub trait Action: sealed::Sealed<Of = Self::Resource> {
    /// What it is done to.
    type Resource: Clone + Send + Sync + 'static;
    /// The name in grants, rules and records: `table:read`.
    const NAME: &'static str;
}

/// Reading exact cells of a published table.
pub enum ReadTable {}
/// Reading unit records.
pub enum ReadMicrodata {}
/// The operator's own act of protecting a form-year's tables; it opens data for suppression only.
pub enum Protect {}

/// Asking a question that is answered with noise, at the cost of a budget.
pub enum Ask {}

/// Bringing a question to the node that holds the answer, and the answer back. It opens nothing: the holder decides.
pub enum Relay {}

/// Comparing what a register says of persons with what another body's register says of them, neither shown to the other.
pub enum Compare {}

/// Cells of one table for some years and regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRead {
    /// The table.
    pub table: String,
    /// The form whose records it counts.
    pub form: Form,
    /// The register columns its dimensions show; each must be covered.
    pub columns: BTreeSet<String>,
    /// Reporting years asked for.
    pub years: BTreeSet<u16>,
    /// The leaf regions the selected values add up; none means every region.
    pub regions: Option<BTreeSet<String>>,
    /// Whether any of the years is shown by an edition that is not published yet.
    pub unpublished: bool,
}

/// Records of one form and year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MicrodataRead {
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// Columns asked for by name; none means all the grant gives.
    pub columns: Option<BTreeSet<String>>,
    /// Regions asked for by code; none means all the grant gives.
    pub regions: Option<BTreeSet<String>>,
    /// Whether the edition to read is not published yet.
    pub unpublished: bool,
}

/// The tables of one form and year to protect together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectTables {
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
}

/// A question to the records of one form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// The form.
    pub form: Form,
    /// Reporting years.
    pub years: BTreeSet<u16>,
    /// The register columns it looks at.
    pub columns: BTreeSet<String>,
    /// The project it is asked for, as the caller named it; after the decision, as it is registered.
    pub project: Option<String>,
}

/// What is asked of another node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relaying {
    /// The node that holds it.
    pub holder: OrganisationNumber,
    /// The form.
    pub form: Form,
    /// The table, when it is cells of one.
    pub table: Option<String>,
}

/// What is compared of the persons of a register, and with whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparing {
    form: Form,
    year: u16,
    with: OrganisationNumber,
    variables: BTreeSet<Variable>,
    fields: BTreeSet<String>,
}

impl Comparing {
    /// These variables of a form and year, with the register of this body.
    #[must_use]
    pub fn new(
        (form, year): (Form, u16),
        variables: &BTreeSet<Variable>,
        with: OrganisationNumber,
    ) -> Self {
        let fields = variables.iter().flat_map(|one| one.fields(form));
        let fields = fields.map(|&name| name.to_owned()).collect();
        Self { form, year, with, variables: variables.clone(), fields }
    }

    /// The form.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The reporting year.
    #[must_use]
    pub const fn year(&self) -> u16 {
        self.year
    }

    /// The body whose register it is compared with.
    #[must_use]
    pub const fn with(&self) -> OrganisationNumber {
        self.with
    }

    /// What is compared.
    #[must_use]
    pub const fn variables(&self) -> &BTreeSet<Variable> {
        &self.variables
    }
}

impl sealed::Sealed for Compare {
    type Of = Comparing;
    fn need(resource: &Comparing) -> Need<'_> {
        Need {
            asked: Asked {
                form: resource.form,
                holder: None,
                table: None,
                project: None,
                answer: None,
                years: BTreeSet::from([resource.year]),
                columns: Some(resource.fields.clone()),
                regions: None,
            },
            columns: Some(&resource.fields),
            regions: None,
            // All municipalities are compared at once.
            whole_country: true,
            tier: Tier::Exact,
            unpublished: false,
            // No caller asks for it; `Policy::decide_comparison` looks for the other body's grant.
            scope: None,
        }
    }
}

impl sealed::Sealed for ReadTable {
    type Of = TableRead;
    fn need(resource: &TableRead) -> Need<'_> {
        Need {
            asked: Asked {
                form: resource.form,
                holder: None,
                table: Some(resource.table.clone()),
                project: None,
                answer: None,
                years: resource.years.clone(),
                columns: Some(resource.columns.clone()),
                regions: resource.regions.clone(),
            },
            columns: Some(&resource.columns),
            regions: resource.regions.as_ref(),
            whole_country: true,
            tier: Tier::Exact,
            unpublished: resource.unpublished,
            scope: Some(SCOPE_TABLES),
        }
    }
}

impl sealed::Sealed for ReadMicrodata {
    type Of = MicrodataRead;
    fn need(resource: &MicrodataRead) -> Need<'_> {
        Need {
            asked: Asked {
                form: resource.form,
                holder: None,
                table: None,
                project: None,
                answer: None,
                years: BTreeSet::from([resource.year]),
                columns: resource.columns.clone(),
                regions: resource.regions.clone(),
            },
            columns: resource.columns.as_ref(),
            regions: resource.regions.as_ref(),
            whole_country: false,
            tier: Tier::Pseudonymised,
            unpublished: resource.unpublished,
            scope: Some(SCOPE_MICRODATA),
        }
    }
}

impl sealed::Sealed for Protect {
    type Of = ProtectTables;
    fn need(resource: &ProtectTables) -> Need<'_> {
        Need {
            asked: Asked {
                form: resource.form,
                holder: None,
                table: None,
                project: None,
                answer: None,
                years: BTreeSet::from([resource.year]),
                columns: None,
                regions: None,
            },
            columns: None,
            regions: None,
            whole_country: true,
            tier: Tier::Identified,
            unpublished: false,
            scope: None,
        }
    }
}

impl sealed::Sealed for Ask {
    type Of = Asking;
    fn need(resource: &Asking) -> Need<'_> {
        Need {
            asked: Asked {
                form: resource.form,
                holder: None,
                table: None,
                project: resource.project.clone(),
                answer: None,
                years: resource.years.clone(),
                columns: Some(resource.columns.clone()),
                regions: None,
            },
            columns: Some(&resource.columns),
            regions: None,
            whole_country: true,
            tier: Tier::Protected,
            unpublished: false,
            // No grant of records or cells lets anybody ask; `Policy::decide_question` does.
            scope: None,
        }
    }
}

impl sealed::Sealed for Relay {
    type Of = Relaying;
    fn need(resource: &Relaying) -> Need<'_> {
        Need {
            asked: Asked {
                form: resource.form,
                holder: Some(resource.holder),
                table: resource.table.clone(),
                project: None,
                answer: None,
                years: BTreeSet::new(),
                columns: None,
                regions: None,
            },
            columns: None,
            regions: None,
            whole_country: true,
            tier: Tier::Protected,
            unpublished: false,
            // No grant of this installation's lets anybody in elsewhere; `Policy::decide_relay` does.
            scope: None,
        }
    }
}

impl Action for ReadTable {
    type Resource = TableRead;
    const NAME: &'static str = "table:read";
}
impl Action for ReadMicrodata {
    type Resource = MicrodataRead;
    const NAME: &'static str = "microdata:read";
}
impl Action for Protect {
    type Resource = ProtectTables;
    const NAME: &'static str = "tables:protect";
}
impl Action for Relay {
    type Resource = Relaying;
    const NAME: &'static str = "dataset:relay";
}
impl Action for Ask {
    type Resource = Asking;
    const NAME: &'static str = "question:ask";
}
impl Action for Compare {
    type Resource = Comparing;
    const NAME: &'static str = "persons:compare";
}
