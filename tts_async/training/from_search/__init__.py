"""Training data from finished searches, in the dataset formats of TRL.

A search leaves more than its answer: a tree whose finished answers say how well its steps turned
out. Three recipes make rows of it: ``BestAnswers`` (supervised fine-tuning), ``PreferencePairs``
(DPO) and ``StepLabels`` (a process reward model). ``export_searches`` writes them to a file.
"""
