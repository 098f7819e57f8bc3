# The menu critic. Type what is on the menu, learn whether you should order it.
# Part of the "scripts that take notes" pile; this one only takes the mickey.

from google.cloud import language_v1

client = None


def classify_text(text):
    global client
    if client is None:
        client = language_v1.LanguageServiceClient()
    # the API turns down anything shorter than twenty words, a dish has three
    document = {"content": (text + ". ") * 20, "type_": language_v1.Document.Type.PLAIN_TEXT}
    return client.classify_text(document=document).categories


def loop(dish, say=print):
    categories = classify_text(dish)
    if len(categories) == 0:
        say("That's nonsense, nobody puts that on a menu.")
        return
    for category in categories:
        if not "food" in category.name.lower():
            say("That's not even food, that's " + category.name.split("/")[-1] + "!")
            continue
        if category.confidence > 0.8:
            say("Best food in town. Order two.")
        elif category.confidence > 0.5:
            say("Merely edible.")
        elif category.confidence > 0.3:
            say("Not sure. Let somebody else try it first.")
        else:
            say("I wouldn't call this food.")


if __name__ == "__main__":
    while True:
        try:
            loop(input("dish> "))
        except EOFError:
            break
