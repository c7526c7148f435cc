"""How every figure of the package looks: colours, fonts, the page, labels and files.

`palette` says which colour, marker and hatch a survey, a gender, a verdict or a class has;
`text` measures and breaks words and keeps labels apart; `page` is the sheet that a figure is
drawn on, with its title, key and notes; `output` writes files that are the same each time;
`telling` has the parts of alternative texts.
"""
