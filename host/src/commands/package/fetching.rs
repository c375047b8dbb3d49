//! Where a package of the command line is fetched from: a file, a Git repository, a registry, the program itself.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use vestry_capabilities::SealedAccess;
use vestry_catalog::Known;
use vestry_catalog::order::Fetch;
use vestry_sources::{Access, Source};

use crate::commands::Failure;
use crate::installer::Installer;
use crate::installer::commission::Commission;
use crate::installer::orders;
use crate::installer::package_error::PackageError;

/// The longest token, in bytes.
const LONGEST_TOKEN: u64 = 64 << 10;

/// One of them.
#[derive(Debug, Args)]
pub(super) struct Origin {
    /// A component (`.wasm`) or a ZIP that holds one; or the URL of a Git repository; or `oci://` and a reference of a
    /// registry.
    #[arg(value_name = "FILE|SOURCE", required_unless_present_any = ["git", "registry", "shipped"])]
    what: Option<PathBuf>,
    /// A Git repository, by its URL.
    #[arg(long, value_name = "URL", conflicts_with_all = ["what", "registry", "shipped"])]
    git: Option<String>,
    /// Branch, tag or commit of the repository; its default branch, if nothing is said.
    #[arg(long, value_name = "R", conflicts_with = "registry")]
    reference: Option<String>,
    /// The component in the repository; may be left out where it holds just one.
    #[arg(long, value_name = "P", conflicts_with = "registry")]
    path: Option<String>,
    /// A reference of a registry, such as `registry.example.org/team/hello:1.2`.
    #[arg(long, value_name = "REF", conflicts_with_all = ["what", "shipped"])]
    registry: Option<String>,
    /// The newest version of a plugin that came with the program, by its id.
    #[arg(long, value_name = "ID", conflicts_with = "what")]
    shipped: Option<String>,
    /// A file with what opens the source: a token, or `USER:TOKEN`. It is kept, sealed,
    /// once it has opened it.
    #[arg(long, value_name = "FILE", conflicts_with = "token_stdin")]
    access_file: Option<PathBuf>,
    /// Read the same from stdin.
    #[arg(long)]
    token_stdin: bool,
}

/// What there is to fetch.
enum Wanted {
    File(PathBuf),
    Source(Source, Option<Access>),
    Shipped(String),
}

impl Origin {
    fn wanted(&self) -> Result<Wanted, Failure> {
        let (reference, path) =
            (self.reference.as_deref().unwrap_or_default(), self.path.as_deref().unwrap_or_default());
        let git = |url: &str| Source::git(url, reference, path).map(|(source, access)| Wanted::Source(source, access));
        let registry = |text: &str| Source::registry(text).map(|source| Wanted::Source(source, None));
        Ok(match self {
            Self { git: Some(url), .. } => git(url)?,
            Self { registry: Some(text), .. } => registry(text)?,
            Self { shipped: Some(id), .. } => Wanted::Shipped(id.clone()),
            Self { what: Some(what), .. } => match what.to_str().and_then(|text| text.split_once("://")) {
                Some(("oci", text)) => registry(text)?,
                Some(_) => git(&what.to_string_lossy())?,
                None => Wanted::File(what.clone()),
            },
            _ => return Err("say what to fetch".into()),
        })
    }

    /// What opens it, where that is said here.
    fn access(&self) -> Result<Option<Access>, Failure> {
        let mut text = String::new();
        match &self.access_file {
            Some(file) => {
                let opened = std::fs::File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
                opened.take(LONGEST_TOKEN).read_to_string(&mut text)?;
            }
            None if self.token_stdin => drop(std::io::stdin().lock().take(LONGEST_TOKEN).read_to_string(&mut text)?),
            None => return Ok(None),
        }
        let text = text.trim();
        if text.is_empty() {
            return Err("the token is empty".into());
        }
        let (user, token) = text.split_once(':').unwrap_or(("", text));
        Ok(Some(Access { user: user.to_owned(), token: token.to_owned() }))
    }

    /// What is fetched then; reads what is to be read here, before anything is opened.
    pub(super) fn read(&self) -> Result<Ready, Failure> {
        let given = self.access()?;
        Ok(match self.wanted()? {
            Wanted::File(file) => {
                let content = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
                Ready::File { content, name: name(&file) }
            }
            Wanted::Source(source, access) => Ready::Source { source, access: given.or(access) },
            Wanted::Shipped(plugin) => Ready::Shipped(plugin),
        })
    }
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

/// Ready to be fetched.
pub(super) enum Ready {
    File { content: Vec<u8>, name: String },
    Source { source: Source, access: Option<Access> },
    Shipped(String),
}

impl Ready {
    pub(super) async fn fetch(self, installer: &Installer<'_>, commission: &Commission) -> Result<Known, PackageError> {
        match self {
            Self::File { content, name } => orders::from_file(installer, commission, content, &name).await,
            Self::Shipped(plugin) => orders::fetch(installer, commission, &Fetch::Shipped { plugin }).await,
            Self::Source { source, access } => {
                let now = installer.services.identity.clock().now();
                let seal = |access| SealedAccess::new(installer.services, &source, access, None, "", now);
                let access = access.as_ref().map(seal).transpose()?.map(|sealed| sealed.text());
                orders::fetch(installer, commission, &Fetch::Source { source, access }).await
            }
        }
    }
}
