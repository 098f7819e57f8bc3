//! Labelled data in every layout, made here: what is read, what is refused and how, and customization with it.

#[path = "../support/mod.rs"]
mod support;

mod adapt;
mod agree;
mod beside;
mod coco;
mod customize;
mod damaged;
mod depth;
mod features;
mod files;
mod folders;
mod labels;
mod layouts;
mod lists;
mod open_images;
mod parquet;
mod shards;
mod splits;
mod texts;
