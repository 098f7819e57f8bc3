//! Names of the libraries that applications use beside an API: what only computes, what shows nothing, what ends.

/// Classes and functions of the client libraries that only build a request or a client: calling them shows nothing to
/// an outsider.
pub(crate) const TECHNICAL_NAMES: &[&str] = &[
    "ImageAnnotatorClient",
    "Image",
    "ImageSource",
    "Feature",
    "AnnotateImageRequest",
    "BatchAnnotateImagesRequest",
    "from_service_account_json",
    "from_service_account_file",
    "from_service_account_info",
    "LanguageServiceClient",
    "Document",
    "TextDocument",
    // A question to the same service that decides nothing.
    "crop_hints",
];

/// What the source of a call says about the client library's generation, most telling first.
pub(crate) const CLIENT_STYLES: &[(&str, &str)] = &[
    ("google.cloud.vision import types", "client library 1.x"),
    ("vision.types.", "client library 1.x"),
    ("vision.enums.", "client library 1.x"),
    ("vision.Image(", "client library 2.x or newer"),
    ("vision.AnnotateImageRequest(", "client library 2.x or newer"),
    ("ImageAnnotatorClient", "client library"),
];

/// Classes whose objects run a function of the application's elsewhere.
pub(crate) const DEFERRING: &[&str] = &["threading.Thread", "multiprocessing.Process"];

/// Receivers whose methods only write logs.
pub(crate) const LOG_RECEIVERS: &[&str] = &["logging", "logger", "log", "LOGGER", "LOG", "_logger"];

/// Texts of the standard library, as they are on the machines that applications are served from.
pub(crate) const LIBRARY_TEXTS: &[(&str, &str)] = &[
    ("os.linesep", "\n"),
    ("os.sep", "/"),
    ("os.path.sep", "/"),
    ("string.ascii_lowercase", "abcdefghijklmnopqrstuvwxyz"),
    ("string.ascii_uppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("string.ascii_letters", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("string.digits", "0123456789"),
    ("string.punctuation", r##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##),
];

/// Numbers of the standard library.
pub(crate) const LIBRARY_NUMBERS: &[(&str, f64)] = &[
    ("math.pi", std::f64::consts::PI),
    ("math.tau", std::f64::consts::TAU),
    ("math.e", std::f64::consts::E),
    ("numpy.pi", std::f64::consts::PI),
];

/// Library functions whose call an outsider does not see, by the start of their dotted name.
pub(crate) const QUIET_FUNCTIONS: &[&str] = &[
    "open",
    "delattr",
    "boto3.client",
    "loguru.logger",
    "boto3.resource",
    "boto3.Session",
    "boto3.session.",
    "input",
    "raw_input",
    "io.",
    "os.path.",
    "os.getenv",
    "os.environ",
    "os.getcwd",
    "os.listdir",
    "glob.",
    "sys.argv",
    "sys.stdin",
    "time.",
    "asyncio.sleep",
    "datetime.",
    "argparse.",
    "logging.",
    "base64.",
    "pathlib.",
    "random.",
    "tempfile.",
    "dotenv.",
    "aiohttp.ClientSession",
    "aiohttp.ClientTimeout",
    "requests.Session",
    "requests.session",
    "google.oauth2.",
    "google.auth.",
];

/// Library functions that turn a response into plain data; the interpreter reads both alike.
pub(crate) const RESPONSE_CONVERTERS: &[&str] = &["MessageToDict", "MessageToJson", "to_dict", "to_json"];

/// Calls that end the program.
pub(crate) const EXITS: &[&str] = &["sys.exit", "exit", "quit", "os._exit"];

/// What web frameworks call to answer with an error: it raises.
pub(crate) const ABORTS: &[&str] = &[
    "flask.abort",
    "quart.abort",
    "bottle.abort",
    "werkzeug.exceptions.abort",
    "flask_restful.abort",
    "flask_smorest.abort",
];

/// Methods of strings and containers. On an unknown object they are taken to only read it.
pub(crate) const READING_METHODS: &[&str] = &[
    "strip",
    "lstrip",
    "rstrip",
    "lower",
    "upper",
    "title",
    "capitalize",
    "split",
    "rsplit",
    "splitlines",
    "replace",
    "format",
    "encode",
    "decode",
    "startswith",
    "endswith",
    "find",
    "join",
    "read",
    "readlines",
    "readline",
    "get",
    "keys",
    "values",
    "items",
    "copy",
    "json",
    "index",
    "count",
    "isoformat",
    "strftime",
    "total_seconds",
];

/// What Python 2 called otherwise.
pub(crate) fn modern(builtin: &str) -> &str {
    match builtin {
        "unicode" => "str",
        "xrange" => "range",
        other => other,
    }
}
