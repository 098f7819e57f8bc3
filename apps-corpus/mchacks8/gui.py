"""A window with a question. Without a display, the question is asked in the terminal."""
from get_topics import recommendation
from natlangclasscloud import sample_classify_text

QUESTION = "What was the last book about that you couldn't put down?"


def search(answer):
    topic = sample_classify_text(answer)
    return recommendation(topic)


def window():
    import tkinter

    root = tkinter.Tk()
    root.title("Next chapter")
    tkinter.Label(root, text=QUESTION).pack()
    box = tkinter.Text(root, height=8)
    box.pack()
    result = tkinter.Label(root, justify="left")
    tkinter.Button(root, text="Recommend", command=lambda: result.config(text=search(box.get("1.0", "end")))).pack()
    result.pack()
    root.mainloop()


if __name__ == "__main__":
    try:
        window()
    except Exception:
        print(search(input(QUESTION + "\n> ")))
