//! `pack` and `verify`, and packs where policies are expected. Needs `--features pack`; without it each says so.

use crate::{Common, Lang, today};
use clap::{Args, ValueEnum};
use entitle::Engine;
use entitle::value::{Date, Language};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Options {
    /// Policy files, or folders that are searched for `*.policy`
    #[arg(required_unless_present = "new_key")]
    paths: Vec<PathBuf>,
    /// The pack to write
    #[arg(short, long, value_name = "FILE", required_unless_present = "new_key")]
    output: Option<PathBuf>,
    /// Sign with this secret key (PEM of PKCS #8; Ed25519 or SM2)
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
    /// The revision: higher for each pack that replaces another
    #[arg(long, default_value_t = 1)]
    revision: u64,
    /// The first day the pack may be loaded
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day the pack may be loaded
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// Keep the scenarios, so that `test` can run them from the pack
    #[arg(long)]
    scenarios: bool,
    /// Make a key pair instead: the secret key in FILE, the public one in FILE.pub
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "output", "sign", "from", "to", "scenarios"])]
    new_key: Option<PathBuf>,
    /// The algorithm of the new key
    #[arg(long, value_enum, default_value_t = Kind::Ed25519)]
    algorithm: Kind,
    /// The language of sentences
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Ed25519,
    Sm2,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The pack
    pack: PathBuf,
    /// Demand a signature by this public key (PEM); may be given several times
    #[arg(long, value_name = "PUB")]
    key: Vec<PathBuf>,
    /// The least revision that is accepted
    #[arg(long, default_value_t = 0)]
    revision: u64,
    /// The day the pack is loaded; today where not given
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// Also list the policies
    #[arg(long)]
    policies: bool,
    /// The language of sentences
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
}

impl Common {
    /// The pack that was named instead of policies, if one was.
    pub(crate) fn pack(&self) -> Option<&Path> {
        self.paths.iter().map(PathBuf::as_path).find(|p| is_pack(p))
    }
}

pub(crate) fn is_pack(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("pack"))
}

fn fail(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(1)
}

/// Opens the pack that was named instead of policies.
pub(crate) fn open(path: &Path, keys: &[PathBuf], language: Language) -> Result<Engine, ExitCode> {
    with_packs::open(path, keys, 0, today(), language)
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
    with_packs::run(options)
}

pub(crate) fn verify(options: &Verify) -> Result<ExitCode, ExitCode> {
    with_packs::verify(options)
}

#[cfg(feature = "pack")]
mod with_packs {
    use super::{Kind, Options, Verify, fail};
    use crate::{draw, say, today};
    use entitle::value::{Date, Language};
    use entitle::wire::pack::{self, Algorithm, PackInfo, PublicKey, SigningKey, Trust};
    use entitle::{Engine, Error};
    use std::fs;
    use std::io::{IsTerminal as _, Write as _};
    use std::path::{Path, PathBuf};
    use std::process::ExitCode;

    fn pick(language: Language, zh: &str, en: &str) -> String {
        if language == Language::Zh { zh.to_owned() } else { en.to_owned() }
    }

    fn told(path: &Path, error: &Error, language: Language) -> ExitCode {
        let message = error.refusal().map_or_else(|| error.to_string(), |refusal| refusal.message(language));
        fail(&format!("{}: {message}", path.display()))
    }

    fn read(path: &Path, language: Language) -> Result<Vec<u8>, ExitCode> {
        fs::read(path)
            .map_err(|e| fail(&format!("{}: {}{e}", path.display(), pick(language, "无法读取：", "cannot be read: "))))
    }

    fn text(path: &Path, language: Language) -> Result<String, ExitCode> {
        let bytes = read(path, language)?;
        String::from_utf8(bytes).map_err(|_| {
            fail(&format!("{}: {}", path.display(), pick(language, "不是 PEM 密钥", "this is no PEM of a key")))
        })
    }

    fn trust(keys: &[PathBuf], revision: u64, on: Date, language: Language) -> Result<Trust, ExitCode> {
        let mut trust: Option<Trust> = None;
        for path in keys {
            let key = PublicKey::from_pem(&text(path, language)?).map_err(|e| told(path, &e, language))?;
            trust = Some(match trust {
                None => Trust::signed_by(key),
                Some(trust) => trust.or_by(key),
            });
        }
        Ok(trust.unwrap_or_else(Trust::anybody).revision_at_least(revision).on(on))
    }

    pub(super) fn open(
        path: &Path,
        keys: &[PathBuf],
        revision: u64,
        on: Date,
        language: Language,
    ) -> Result<Engine, ExitCode> {
        let trust = trust(keys, revision, on, language)?;
        Engine::from_pack(&read(path, language)?, &trust).map_err(|e| told(path, &e, language))
    }

    pub(super) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
        let language = options.lang.language();
        if let Some(path) = &options.new_key {
            return new_key(path, options.algorithm, language);
        }
        let Some(output) = &options.output else { return Err(ExitCode::from(2)) };
        let engine = Engine::open(&options.paths).map_err(|error| {
            if let Some(sources) = error.sources() {
                eprint!("{}", draw::findings(error.findings(), sources, std::io::stderr().is_terminal()));
                eprintln!("{}", draw::summary(error.findings()));
                return ExitCode::from(1);
            }
            fail(&error.to_string())
        })?;
        let key = match &options.sign {
            None => None,
            Some(path) => Some(SigningKey::from_pem(&text(path, language)?).map_err(|e| told(path, &e, language))?),
        };
        let sealed = pack::Options {
            revision: options.revision,
            from: options.from,
            to: options.to,
            sign: key.as_ref(),
            scenarios: options.scenarios,
        };
        let bytes = engine.to_pack(&sealed).map_err(|e| fail(&e.to_string()))?;
        fs::write(output, &bytes).map_err(|e| {
            fail(&format!("{}: {}{e}", output.display(), pick(language, "无法写入：", "cannot be written: ")))
        })?;
        show(&PackInfo::read(&bytes).map_err(|e| told(output, &e, language))?, language);
        Ok(ExitCode::SUCCESS)
    }

    pub(super) fn verify(options: &Verify) -> Result<ExitCode, ExitCode> {
        let language = options.lang.language();
        let bytes = read(&options.pack, language)?;
        let info = PackInfo::read(&bytes).map_err(|e| told(&options.pack, &e, language))?;
        show(&info, language);
        if options.policies {
            info.policies.iter().for_each(|id| say(&format!("  {id}")));
        }
        let on = options.on.unwrap_or_else(today);
        let trust = trust(&options.key, options.revision, on, language)?;
        Engine::from_pack(&bytes, &trust).map_err(|e| told(&options.pack, &e, language))?;
        say(&match (options.key.is_empty(), info.signer.is_some()) {
            (false, _) => {
                pick(language, "完整，签名属实，可以使用", "whole, signed by a trusted key, and fit to be loaded")
            }
            (true, true) => pick(
                language,
                "完整；签名未核对，请用 --key 给出公钥",
                "whole; the signature was not checked, for no key was given with --key",
            ),
            (true, false) => pick(language, "完整；没有签名", "whole; not signed"),
        });
        Ok(ExitCode::SUCCESS)
    }

    fn show(info: &PackInfo, language: Language) {
        let zh = language == Language::Zh;
        let line = |name: &str, en: &str, value: String| say(&format!("{}: {value}", if zh { name } else { en }));
        line("政策集", "policy set", info.fingerprint.clone());
        line("修订号", "revision", info.revision.to_string());
        let day = |date: Option<Date>| date.map_or_else(|| pick(language, "不限", "no limit"), |d| d.to_string());
        line("有效期", "valid", format!("{} – {}", day(info.from), day(info.to)));
        let policies = info.policies.len();
        line("政策", "policies", format!("{policies}{}", if zh { " 项" } else { "" }));
        line("长度", "length", format!("{} {}", info.length, if zh { "字节" } else { "bytes" }));
        let signer = info.signer.as_ref();
        let none = || pick(language, "无", "none");
        line("签名", "signature", signer.map_or_else(none, |s| format!("{}, {}", s.algorithm, s.key)));
    }

    fn new_key(path: &Path, kind: Kind, language: Language) -> Result<ExitCode, ExitCode> {
        let algorithm = match kind {
            Kind::Ed25519 => Algorithm::Ed25519,
            Kind::Sm2 => Algorithm::Sm2,
        };
        let mut seed = [0; 32];
        let no_key = |e: String| fail(&format!("{}{e}", pick(language, "无法生成密钥：", "no key can be made: ")));
        getrandom::fill(&mut seed).map_err(|e| no_key(e.to_string()))?;
        let key = SigningKey::from_seed(algorithm, &seed).map_err(|e| no_key(e.to_string()))?;
        let (secret, public) = (key.to_pem(), key.public().to_pem());
        let (secret, public) = (secret.map_err(|e| no_key(e.to_string()))?, public.map_err(|e| no_key(e.to_string()))?);
        let mut name = path.as_os_str().to_owned();
        name.push(".pub");
        let public_path = PathBuf::from(name);
        write_new(path, &secret, true, language)?;
        write_new(&public_path, &public, false, language)?;
        say(&format!("{}: {}", pick(language, "私钥，妥善保管", "secret key, keep it safe"), path.display()));
        say(&format!("{}: {}", pick(language, "公钥", "public key"), public_path.display()));
        say(&format!("{}: {}", pick(language, "密钥标识", "key"), key.public().id()));
        Ok(ExitCode::SUCCESS)
    }

    /// Writes a file that is not there yet: a key that is in use is never overwritten. A secret one is for its owner's eyes only.
    fn write_new(path: &Path, text: &str, secret: bool, language: Language) -> Result<(), ExitCode> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if secret {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        #[cfg(not(unix))]
        let _ = secret;
        options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(|e| {
            fail(&format!("{}: {}{e}", path.display(), pick(language, "无法写入：", "cannot be written: ")))
        })
    }
}

#[cfg(not(feature = "pack"))]
mod with_packs {
    use super::{Kind, Options, Verify, fail};
    use entitle::Engine;
    use entitle::value::{Date, Language};
    use std::path::{Path, PathBuf};
    use std::process::ExitCode;

    fn without(language: Language) -> ExitCode {
        fail(match language {
            Language::Zh => "读写政策包须在 `--example runner` 之前加上 `--features pack` 编译",
            Language::En => {
                "packs need a runner that was built with `--features pack`: write it before `--example runner`"
            }
        })
    }

    pub(super) fn open(_: &Path, _: &[PathBuf], _: u64, _: Date, language: Language) -> Result<Engine, ExitCode> {
        Err(without(language))
    }

    pub(super) fn run(options: &Options) -> Result<ExitCode, ExitCode> {
        let Options {
            paths: _,
            output: _,
            sign: _,
            revision: _,
            from: _,
            to: _,
            scenarios: _,
            new_key: _,
            algorithm,
            lang,
        } = options;
        match algorithm {
            Kind::Ed25519 | Kind::Sm2 => Err(without(lang.language())),
        }
    }

    pub(super) fn verify(options: &Verify) -> Result<ExitCode, ExitCode> {
        let Verify { pack: _, key: _, revision: _, on: _, policies: _, lang } = options;
        Err(without(lang.language()))
    }
}
