//! Which language a text is in, and whether the models read it.

use whatlang::Lang;

/// What is known of a text's language.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Language {
    /// ISO 639-1, e.g. `en`.
    pub code: &'static str,
    /// How sure that is, in 0..1.
    pub confidence: f64,
}

/// The language the models are trained in.
pub const ENGLISH: &str = "en";

/// Letters below which the trigrams of a text say little.
const FEW_LETTERS: usize = 24;

impl Language {
    /// Whether the models read it.
    pub fn is_supported(self) -> bool {
        self.code == ENGLISH
    }
}

/// The language of a text; English where nothing speaks against it: without letters, or in a few Latin ones.
pub fn detect(text: &str) -> Language {
    let english = Language { code: ENGLISH, confidence: 0.0 };
    let Some(found) = whatlang::detect(text) else { return english };
    let language = Language { code: code(found.lang()), confidence: found.confidence() };
    let short = text.chars().filter(|c| c.is_alphabetic()).take(FEW_LETTERS).count() < FEW_LETTERS;
    let unsure = short || !found.is_reliable();
    if found.script() == whatlang::Script::Latin && unsure { english } else { language }
}

/// `whatlang` knows ISO 639-3, the APIs speak 639-1 (BCP 47).
fn code(language: Lang) -> &'static str {
    match language {
        Lang::Eng => ENGLISH,
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "no",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        Lang::Epo => "eo",
        Lang::Cym => "cy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_enough_texts_are_told_apart() {
        let german = "Das Konzert gestern Abend war wunderbar, aber die Karten waren leider viel zu teuer.";
        assert_eq!(detect(german).code, "de");
        assert!(!detect(german).is_supported());
        assert_eq!(detect("The concert last night was wonderful, but the tickets were far too expensive.").code, "en");
        assert_eq!(detect("Вчера был хороший концерт").code, "ru");
    }

    #[test]
    fn without_evidence_a_text_is_english() {
        for text in ["", "😀🎉", "ok", "Paris is nice", "12:30"] {
            assert!(detect(text).is_supported(), "{text}");
        }
    }
}
