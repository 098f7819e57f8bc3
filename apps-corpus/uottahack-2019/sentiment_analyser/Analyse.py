# how does my email sound??  paste it, press the button, look at the face
from google.cloud import language
from google.cloud.language import enums, types


class Face:
    """A label of the window that is shown or not. Works without a window, too."""

    def __init__(self, drawing):
        self.drawing = drawing
        self.visible = False
        self.widget = None

    def show(self):
        self.visible = True
        if self.widget is not None:
            self.widget.pack()

    def hide(self):
        self.visible = False
        if self.widget is not None:
            self.widget.pack_forget()


sad, flat, happy = Face(":-("), Face(":-|"), Face(":-)")
faces = [sad, flat, happy]


def buttonClick(text):
    client = language.LanguageServiceClient()
    document = types.Document(content=text, type=enums.Document.Type.PLAIN_TEXT)
    score = client.analyze_sentiment(document=document).document_sentiment.score

    #print(score)
    for face in faces:
        face.hide()
    if score >= -1.0 and score < -0.25:
        sad.show()
    if score >= -0.25 and score < 0.25:
        flat.show()
    if score >= 0.25 and score <= 1:
        happy.show()
    return [face.drawing for face in faces if face.visible]


def main():
    import tkinter

    root = tkinter.Tk()
    root.title("Analyse")
    text = tkinter.Text(root)
    text.pack()
    tkinter.Button(root, text="Analyse", command=lambda: buttonClick(text.get("1.0", "end"))).pack()
    for face in faces:
        face.widget = tkinter.Label(root, text=face.drawing, font=("Courier", 48))
    root.mainloop()


if __name__ == "__main__":
    main()
