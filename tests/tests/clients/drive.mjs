// Calls the APIs with the real client libraries for Node, as applications do, and prints a JSON line for each call.
//
//     node drive.mjs FOLDER [SUITE ...]
//
// FOLDER is where the libraries are installed. What else it needs it takes from its environment, as every application
// does; nothing here names a server. Exit status 1 if a call did not give what a caller of the real API counts on.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { deflateSync, crc32 } from "node:zlib";

const [folder, ...wanted] = process.argv.slice(2);
const require = createRequire(`${folder}/`);

const TEXT = "Paris is wonderful. The hotel in Paris was clean and the staff were kind.";

function png(side = 16) {
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(3 * side, Buffer.from([250, 40, 40]))]);
  const chunk = (kind, data) => {
    const named = Buffer.concat([Buffer.from(kind), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.concat(Array(side).fill(row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
}

const IMAGE = png();
let failed = 0;

/** Prints what a call gave; `expects` throws if that will not do. */
async function check(suite, name, call, expects = () => {}) {
  const line = { suite, call: name };
  try {
    line.result = await call();
    expects(line.result);
    line.pass = true;
  } catch (error) {
    Object.assign(line, { error: error.name, message: String(error.message).slice(0, 300), pass: false });
    failed += 1;
  }
  console.log(JSON.stringify(line));
}

/** What an error says of itself by `key`; the call must end with one. */
async function raised(call, key) {
  try {
    await call();
  } catch (error) {
    return error[key];
  }
  throw new Error("no error");
}

async function vision() {
  const { ImageAnnotatorClient } = require("@google-cloud/vision");
  const client = new ImageAnnotatorClient();
  // Made anew for each call: the library writes into it.
  const image = () => ({ image: { content: IMAGE } });
  const clean = ([answer]) => {
    assert.equal(answer.error, null);
    return answer;
  };
  const labels = (answer) => answer.labelAnnotations.map((label) => [label.description, label.score]);
  await check("vision", "labels", async () => labels(clean(await client.labelDetection(image()))));
  await check("vision", "objects", async () =>
    clean(await client.objectLocalization(image())).localizedObjectAnnotations.map(
      (found) => found.boundingPoly.normalizedVertices.length));
  await check("vision", "safe search", async () =>
    clean(await client.safeSearchDetection(image())).safeSearchAnnotation.adult,
  (adult) => assert.equal(adult, "VERY_UNLIKELY"));
  const both = [{ type: "LABEL_DETECTION", maxResults: 1 }, { type: "SAFE_SEARCH_DETECTION" }];
  await check("vision", "labels and safe search", async () => {
    const answer = clean(await client.annotateImage({ ...image(), features: both }));
    return [labels(answer).length, answer.safeSearchAnnotation.violence];
  }, ([count, violence]) => {
    assert(count <= 1);
    assert.equal(violence, "POSSIBLE");
  });
  const features = [{ type: "LABEL_DETECTION" }];
  const batch = [IMAGE, Buffer.from("no image"), IMAGE].map((content) => ({ image: { content }, features }));
  await check("vision", "a bad image among good ones", async () => {
    const [answer] = await client.batchAnnotateImages({ requests: batch });
    return answer.responses.map((response) => response.error?.code ?? 0);
  }, (codes) => assert.deepEqual(codes, [0, 3, 0]));
  const empty = () => client.batchAnnotateImages({ requests: [image()] });
  await check("vision", "no features", () => raised(empty, "code"), (code) => assert.equal(code, 3));
}

async function language() {
  const library = require("@google-cloud/language");
  for (const version of ["v1", "v2"]) {
    const suite = `language-${version}`;
    const client = new library[version].LanguageServiceClient();
    const request = { document: { content: TEXT, type: "PLAIN_TEXT" }, encodingType: "UTF16" };
    await check(suite, "sentiment", async () => {
      const [answer] = await client.analyzeSentiment(request);
      return [answer.documentSentiment.score, answer.sentences.length, answer.language ?? answer.languageCode];
    }, ([score, sentences, spoken]) => assert(score >= -1 && score <= 1 && sentences >= 1 && spoken === "en"));
    await check(suite, "entities", async () => {
      const [answer] = await client.analyzeEntities(request);
      return answer.entities.map((entity) => [entity.name, entity.mentions[0].text.beginOffset]);
    }, (found) => found.forEach(([name, offset]) => assert(TEXT.startsWith(name, offset))));
    await check(suite, "categories", async () => {
      const [answer] = await client.classifyText({ document: request.document });
      return answer.categories.map((category) => category.name);
    }, (names) => names.forEach((name) => assert(name.startsWith("/"))));
    await check(suite, "moderation", async () => {
      const [answer] = await client.moderateText({ document: request.document });
      return answer.moderationCategories.length;
    });
    const empty = () => client.analyzeSentiment({ document: { content: "" } });
    await check(suite, "no text", () => raised(empty, "code"), (code) => assert.equal(code, 3));
  }
}

async function rekognition() {
  const { RekognitionClient, DetectLabelsCommand, DetectModerationLabelsCommand } =
    require("@aws-sdk/client-rekognition");
  const client = new RekognitionClient();
  const labels = (input) => client.send(new DetectLabelsCommand(input));
  await check("rekognition", "labels", async () => {
    const answer = await labels({ Image: { Bytes: IMAGE }, MaxLabels: 5, MinConfidence: 1 });
    assert(answer.$metadata.requestId);
    return answer.Labels.map((label) => [label.Name, label.Confidence, label.Instances.length, label.Parents.length]);
  }, (found) => found.forEach(([, confidence]) => assert(confidence >= 1 && confidence <= 100)));
  await check("rekognition", "moderation", async () =>
    (await client.send(new DetectModerationLabelsCommand({ Image: { Bytes: IMAGE } }))).ModerationLabels.length);
  const bad = () => labels({ Image: { Bytes: Buffer.from("no image") } });
  await check("rekognition", "a bad image", () => raised(bad, "name"), (name) =>
    assert.equal(name, "InvalidImageFormatException"));
  const gone = () => labels({ Image: { S3Object: { Bucket: "no-such-bucket", Name: "k" } } });
  await check("rekognition", "an image that is not there", () => raised(gone, "name"), (name) =>
    assert.equal(name, "InvalidS3ObjectException"));
}

async function comprehend() {
  const library = require("@aws-sdk/client-comprehend");
  const client = new library.ComprehendClient();
  const send = (command, input) => client.send(new library[`${command}Command`](input));
  const text = { Text: TEXT, LanguageCode: "en" };
  await check("comprehend", "sentiment", async () => (await send("DetectSentiment", text)).Sentiment, (mood) =>
    assert(["POSITIVE", "NEGATIVE", "NEUTRAL", "MIXED"].includes(mood)));
  await check("comprehend", "entities", async () => (await send("DetectEntities", text)).Entities.map(
    (entity) => [entity.Text, entity.BeginOffset, entity.EndOffset]),
  (found) => found.forEach(([name, begin, end]) => assert.equal(TEXT.slice(begin, end), name)));
  await check("comprehend", "language", async () =>
    (await send("DetectDominantLanguage", { Text: TEXT })).Languages[0].LanguageCode, (code) => assert.equal(code, "en"));
  await check("comprehend", "key phrases", async () => (await send("DetectKeyPhrases", text)).KeyPhrases.length);
  await check("comprehend", "a batch", async () => {
    const answer = await send("BatchDetectSentiment", { TextList: [TEXT, "I hate this."], LanguageCode: "en" });
    return [answer.ResultList.length, answer.ErrorList.length];
  }, (counts) => assert.deepEqual(counts, [2, 0]));
  const long = () => send("DetectSentiment", { Text: "a ".repeat(4000), LanguageCode: "en" });
  await check("comprehend", "too long a text", () => raised(long, "name"), (name) =>
    assert.equal(name, "TextSizeLimitExceededException"));
}

const SUITES = { vision, language, rekognition, comprehend };

for (const name of wanted.length ? wanted : Object.keys(SUITES)) {
  await SUITES[name]();
}
// The clients' open connections would keep the process.
process.exit(failed ? 1 : 0);
