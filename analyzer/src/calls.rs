//! The one table of API calls the analyzer knows.
//!
//! A new API is a new row here (and, if its answer has a new shape, a variant of [`OutputShape`] with its semantics in
//! the interpreter); nothing else names a provider's methods.
//!
//! [`OutputShape`]: chameleon_decision::OutputShape

use chameleon_decision::Api;

/// A client method that calls an API.
pub(crate) struct ApiCall {
    /// Modules that hold the client; a file in which none of them is imported makes no such call.
    pub(crate) modules: &'static [&'static str],
    /// The method's name.
    pub(crate) method: &'static str,
    /// How the request says what is wanted.
    pub(crate) request: Request,
    /// What is called.
    pub(crate) api: fn() -> Api,
}

/// How a call says which feature it wants and how many results.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// The method is the feature; `max_results=` limits it.
    Method,
    /// One request whose `features` list names it, e.g. `annotate_image({"features": [{"type_": ...}]})`.
    Features {
        /// The feature's name in the enum.
        feature: &'static str,
    },
    /// As `Features`, but a list of requests; the answer holds them under `responses`.
    Batch {
        /// The feature's name in the enum.
        feature: &'static str,
    },
}

const VISION_MODULES: &[&str] = &["google.cloud.vision", "google.cloud.vision_v1", "google.cloud.vision_v1p1beta1"];

const LABEL_DETECTION: &str = "LABEL_DETECTION";

/// Every call that is known.
pub(crate) const API_CALLS: &[ApiCall] = &[
    ApiCall {
        modules: VISION_MODULES,
        method: "label_detection",
        request: Request::Method,
        api: Api::google_label_detection,
    },
    ApiCall {
        modules: VISION_MODULES,
        method: "annotate_image",
        request: Request::Features { feature: LABEL_DETECTION },
        api: Api::google_label_detection,
    },
    ApiCall {
        modules: VISION_MODULES,
        method: "batch_annotate_images",
        request: Request::Batch { feature: LABEL_DETECTION },
        api: Api::google_label_detection,
    },
];

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
    // Other questions to the same service.
    "text_detection",
    "document_text_detection",
    "face_detection",
    "logo_detection",
    "landmark_detection",
    "web_detection",
    "safe_search_detection",
    "object_localization",
    "image_properties",
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

/// Receivers whose methods only write logs.
pub(crate) const LOG_RECEIVERS: &[&str] = &["logging", "logger", "log", "LOGGER", "LOG", "_logger"];

/// Pure functions of the standard library that the interpreter knows, by dotted name.
pub(crate) const PURE_FUNCTIONS: &[&str] = &[
    "re.search",
    "re.match",
    "re.fullmatch",
    "re.findall",
    "re.sub",
    "re.split",
    "re.compile",
    "collections.Counter",
    "collections.defaultdict",
    "collections.OrderedDict",
    "math.floor",
    "math.ceil",
    "math.sqrt",
    "json.dumps",
    "json.loads",
    "operator.itemgetter",
    "operator.attrgetter",
    "itertools.chain",
    "itertools.islice",
    "statistics.mean",
    "copy.copy",
    "copy.deepcopy",
];

/// Python's builtin functions that only compute.
pub(crate) const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "dict",
    "enumerate",
    "filter",
    "float",
    "frozenset",
    "getattr",
    "hasattr",
    "int",
    "isinstance",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "type",
    "unicode",
    "xrange",
    "zip",
    "ord",
    "chr",
    "divmod",
    "pow",
    "bytes",
];

/// Library functions whose call an outsider does not see, by the start of their dotted name.
pub(crate) const QUIET_FUNCTIONS: &[&str] = &[
    "open",
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
    "google.oauth2.",
    "google.auth.",
];

/// Library functions that turn a response into plain data; the interpreter reads both alike.
pub(crate) const RESPONSE_CONVERTERS: &[&str] = &["MessageToDict", "MessageToJson", "to_dict", "to_json"];

/// Calls that end the program.
pub(crate) const EXITS: &[&str] = &["sys.exit", "exit", "quit", "os._exit"];

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
