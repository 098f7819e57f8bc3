use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::fixture::{FEATURES, app_manifest, app_model, damage, model, told};

fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn from_bytes(app_json: &[u8], head: &[u8], base: &crate::zoo::ImageLabels) -> Result<AppModel, AppError> {
    AppModel::from_bytes(AppFiles { app_json, head, layers: None }, base)
}

/// The error of assembling a model whose manifest was changed.
fn refused(change: impl Fn(&mut AppManifest)) -> AppError {
    let base = model();
    let mut manifest = app_manifest(&base, &["Fish", "Dog"]);
    change(&mut manifest);
    AppModel::new(manifest, vec![0.0; 2 * FEATURES], vec![0.0; 2], &base).unwrap_err()
}

#[test]
fn what_is_written_is_read_back() {
    let (base, folder) = (model(), tempfile::tempdir().unwrap());
    let app = app_model(&base, &["Sofa", "Fish"]);
    assert_eq!(app.rows, [5, 1]);
    let path = folder.path().join("deep/aquarium");
    app.write(&path, &[]).unwrap();
    assert_eq!(AppModel::read(&path, &base).unwrap(), app);
    assert_eq!(entries(&path), [APP_JSON, HEAD_FILE]);
    assert_eq!(entries(path.parent().unwrap()), ["aquarium"], "nothing temporary is left");
}

#[test]
fn an_app_model_is_replaced_as_a_whole() {
    let (base, folder) = (model(), tempfile::tempdir().unwrap());
    let path = folder.path().join("aquarium");
    app_model(&base, &["Sofa", "Fish"]).write(&path, &[]).unwrap();
    fs::write(path.join("old.txt"), "of the old one").unwrap();
    let new = app_model(&base, &["Dog"]);
    new.write(&path, &[]).unwrap();
    assert_eq!(AppModel::read(&path, &base).unwrap(), new);
    assert_eq!(entries(&path), [APP_JSON, HEAD_FILE]);
    assert_eq!(entries(folder.path()), ["aquarium"]);
}

#[test]
fn what_is_no_app_model_is_not_overwritten() {
    let (base, folder) = (model(), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("photo.jpg"), "precious").unwrap();
    let error = app_model(&base, &["Dog"]).write(folder.path(), &[]).unwrap_err();
    assert!(matches!(error, AppError::Occupied(_)));
    assert_eq!(entries(folder.path()), ["photo.jpg"]);
}

#[test]
fn manifests_that_do_not_fit_the_network_are_refused() {
    assert!(matches!(refused(|m| m.version = 2), AppError::Version(2)));
    let error = refused(|m| m.base.weights_sha256 = "0".repeat(64)).to_string();
    assert!(error.contains("made for weights 0000") && error.contains("Customize the app again"), "{error}");
    assert!(
        matches!(refused(|m| m.labels[1] = "Unicorn".to_owned()), AppError::UnknownLabel(name) if name == "Unicorn")
    );
    assert!(matches!(refused(|m| m.labels[1] = "Fish".to_owned()), AppError::DuplicateLabel(name) if name == "Fish"));
    assert!(matches!(refused(|m| m.labels.clear()), AppError::NoLabels));
    assert!(matches!(refused(|m| m.labels.truncate(1)), AppError::Head(WeightsError::Length { .. })));
}

#[test]
fn unknown_fields_are_let_through_and_other_versions_are_not() {
    let (base, folder) = (model(), tempfile::tempdir().unwrap());
    let path = folder.path().join("app");
    app_model(&base, &["Dog"]).write(&path, &[]).unwrap();
    let (json, head) = (fs::read_to_string(path.join(APP_JSON)).unwrap(), fs::read(path.join(HEAD_FILE)).unwrap());
    let extended = json.replacen('{', r#"{"signature":"later","#, 1);
    from_bytes(extended.as_bytes(), &head, &base).unwrap();
    let version = from_bytes(br#"{"version":9}"#, &head, &base);
    assert!(matches!(version, Err(AppError::Version(9))));
}

#[test]
fn heads_of_another_size_are_refused() {
    let base = model();
    let (one, two) = (app_model(&base, &["Dog"]), app_model(&base, &["Dog", "Fish"]));
    let json = serde_json::to_vec(&two.manifest).unwrap();
    let head = one.tensors(FEATURES).unwrap().write_safetensors(crate::weights::Precision::F32).unwrap();
    let error = told(&from_bytes(&json, &head, &base).unwrap_err());
    assert_eq!(error, "head.safetensors: tensor `head.weight`: expected shape [2, 12], got [1, 12]");
}

#[test]
fn missing_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = told(&AppModel::read(folder.path(), &model()).unwrap_err());
    assert!(error.contains(APP_JSON), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_app_models_never_panic(json_bit in any::<usize>(), head_bit in any::<usize>(), cut in 0_usize..3) {
        let base = model();
        let app = app_model(&base, &["Dog", "Fish"]);
        let json = serde_json::to_vec(&app.manifest).unwrap();
        let head = app.tensors(FEATURES).unwrap().write_safetensors(crate::weights::Precision::F32).unwrap();
        for (json, head) in [(damage(&json, json_bit, cut), head.clone()), (json, damage(&head, head_bit, cut))] {
            if let Ok(app) = from_bytes(&json, &head, &base) {
                prop_assert_eq!(app.weight.len(), app.rows.len() * FEATURES);
                prop_assert_eq!(app.bias.len(), app.rows.len());
            }
        }
    }
}
